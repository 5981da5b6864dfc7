import { Link } from "wouter";
import { PageHead } from "./PageHead";

export function NotFound() {
  return (
    <>
      <PageHead title="There is no such page" />
      <p>The address may be mistyped. <Link href="/">Now</Link> shows what is going on; <Link href="/changes">Changes</Link> lists every change.</p>
    </>
  );
}
