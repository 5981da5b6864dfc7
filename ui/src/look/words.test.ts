import { describe, expect, test } from "vitest";
import { absolute, ago, bytes, counted, duration, finePercent, milliseconds, percent, rate, shortDigest } from "./words";

test.each([[0.04, "0 s"], [0.44, "0.4 s"], [9.97, "10 s"], [59.6, "1 min"], [160, "2 min 40 s"], [3600, "1 h"], [11_100, "3 h 5 min"], [90_000, "1 day 1 h"], [345_600, "4 days"]])("%d s is %s", (seconds, text) => {
  expect(duration(seconds)).toBe(text);
});

describe("how long ago", () => {
  const now = Date.parse("2026-11-22T12:00:00Z");
  test.each([[0, "just now"], [30, "30 s ago"], [400, "6 min ago"], [7300, "2 h ago"], [90_000, "1 day ago"], [180_000, "2 days ago"], [-300, "in 5 min"]])("%d s", (seconds, text) => {
    expect(ago(now - seconds * 1000, now)).toBe(text);
  });
});

test("shares keep the digits that matter", () => {
  expect(percent(0.05)).toBe("5 %");
  expect(percent(0.005)).toBe("0.5 %");
  expect(finePercent(0.0002)).toBe("0.02 %");
});

test("figures", () => {
  expect(counted(1, "change")).toBe("1 change");
  expect(counted(1234, "change")).toBe("1,234 changes");
  expect(rate(8.44)).toBe("8.4");
  expect(rate(412.3)).toBe("412");
  expect(milliseconds(84.2)).toBe("84 ms");
  expect(bytes(999)).toBe("999 B");
  expect(bytes(999_999)).toBe("1.0 MB");
  expect(bytes(3_120_400)).toBe("3.1 MB");
  expect(shortDigest("sha256:9b1e44aa0c5d")).toBe("sha256:9b1e44…");
});

test("a time that is none is shown as it came", () => {
  expect(absolute("2026-11-18T09:14:22.123Z")).toBe("2026-11-18 09:14:22 UTC");
  expect(absolute("soon")).toBe("soon");
});
