import { createHash } from "node:crypto";
import { createServer } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";

const VERSION = "@VERSION@";
const RELEASE = process.env.TRUNKLINE_RELEASE ?? "none";

export function greeting(name) {
  return `hello ${name}`;
}

/** A whole masked frame of less than 126 bytes, unmasked; nothing while it is not complete. */
export function unmasked(frame) {
  const length = frame[1] & 127;
  if (frame.length < 6 + length) return undefined;
  return frame.subarray(6, 6 + length).map((byte, i) => byte ^ frame[2 + (i % 4)]);
}

async function answer(request, response) {
  if (request.url === "/events") return events(response);
  if (request.url === "/slow") await sleep(300);
  response.writeHead(200, { "content-type": "text/plain" });
  response.end(`${VERSION} ${greeting("pets")} release ${RELEASE}`);
}

/** Numbers from 0 on, so that a gap is seen. */
function events(response) {
  response.writeHead(200, { "content-type": "text/event-stream" });
  let number = 0;
  const tick = () => response.write(`data: ${number++}\n\n`);
  tick();
  const ticking = setInterval(tick, 100);
  response.on("close", () => clearInterval(ticking));
}

/** A WebSocket that echoes short frames. */
function socket(request, stream) {
  const key = `${request.headers["sec-websocket-key"]}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`;
  const accept = createHash("sha1").update(key).digest("base64");
  stream.write(`HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-accept: ${accept}\r\n\r\n`);
  let rest = Buffer.alloc(0);
  stream.on("error", () => stream.destroy());
  stream.on("data", (data) => {
    rest = Buffer.concat([rest, data]);
    for (let text; (text = unmasked(rest)) !== undefined; ) {
      stream.write(Buffer.concat([Buffer.from([rest[0], text.length]), text]));
      rest = rest.subarray(6 + text.length);
    }
  });
}

if (process.env.PORT) {
  const server = createServer(answer);
  server.on("upgrade", socket);
  server.listen(Number(process.env.PORT), "127.0.0.1");
}
