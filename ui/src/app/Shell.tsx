import { useCallback, useEffect, useRef, useState, type ReactNode } from "react";
import { Link, useLocation } from "wouter";
import { Icon, Logo } from "../look/Icon";
import type { Glyph } from "../look/glyphs";
import { useNowPage } from "../rollout/api";
import { Help } from "./Help";
import { useLinkState, type LinkState } from "./live";
import { chooseTheme, nextTheme, useTheme, type Theme } from "./theme";
import { useKeys } from "./useKeys";

const PLACES: { name: string; to: string; icon: Glyph; under: string[] }[] = [
  { name: "Now", to: "/", icon: "now", under: [] },
  { name: "Changes", to: "/changes", icon: "change", under: ["/changes/", "/runs/"] },
  { name: "Flags", to: "/flags", icon: "flag", under: ["/flags/"] },
  { name: "Journeys", to: "/journeys", icon: "journey", under: ["/journeys/"] },
  { name: "Experiments", to: "/experiments", icon: "experiment", under: ["/experiments/"] },
  { name: "Security", to: "/security", icon: "shield", under: ["/findings/"] },
  { name: "Features", to: "/features", icon: "feature", under: [] },
  { name: "Feedback", to: "/feedback", icon: "voice", under: [] },
  { name: "Events", to: "/events", icon: "event", under: ["/events/", "/persons/"] },
  { name: "Deployments", to: "/deployments", icon: "deployment", under: ["/deployments/"] },
  { name: "Delivery", to: "/delivery", icon: "gauge", under: [] },
  { name: "Domains", to: "/domains", icon: "domain", under: ["/domains/", "/principles", "/waivers"] },
  { name: "Settings", to: "/settings", icon: "cog", under: ["/settings/"] },
];

/** Navigation around every page. */
export function Shell({ children }: { children: ReactNode }) {
  const [location] = useLocation();
  const [isHelpOpen, setHelpOpen] = useState(false);
  const openHelp = useCallback(() => setHelpOpen(true), []);
  useKeys(openHelp);
  const main = useFocusOnNavigation(location);
  return (
    <div className="shell">
      <a className="skip" href="#main">Skip to the content</a>
      <header className="nav">
        <Brand />
        <Places location={location} />
        <div className="nav-foot">
          <div className="row"><LinkIndicator /><ThemeSwitch /></div>
          <div className="row keys">
            <button type="button" className="quiet" onClick={openHelp}>Keyboard <kbd>?</kbd></button>
          </div>
        </div>
      </header>
      <main id="main" ref={main} tabIndex={-1}>{children}</main>
      {isHelpOpen && <Help onClose={() => setHelpOpen(false)} />}
    </div>
  );
}

/** Another page begins at its top, with the keyboard in it. */
function useFocusOnNavigation(location: string) {
  const main = useRef<HTMLElement>(null);
  const last = useRef(location);
  useEffect(() => {
    if (last.current === location) return;
    last.current = location;
    window.scrollTo(0, 0);
    main.current?.focus({ preventScroll: true });
  }, [location]);
  return main;
}

function Brand() {
  const now = useNowPage();
  return (
    <div className="brand">
      <Logo />
      <span>
        <strong>Trunkline</strong>
        <span className="product">{now.data?.product ?? "\u00a0"}</span>
      </span>
    </div>
  );
}

function Places({ location }: { location: string }) {
  const now = useNowPage();
  const waiting = now.data?.counts.needs_someone ?? 0;
  return (
    <nav className="places" aria-label="Places">
      {PLACES.map((place) => {
        const isHere = location === place.to || place.under.some((prefix) => location.startsWith(prefix));
        return (
          <Link key={place.to} href={place.to} aria-current={isHere ? "page" : undefined}>
            <Icon name={place.icon} />
            {place.name}
            {place.to === "/" && waiting > 0 && <span className="count" title={`${waiting} need someone`}>{waiting}<span className="hidden"> need someone</span></span>}
          </Link>
        );
      })}
    </nav>
  );
}

const LINK_WORDS: Record<LinkState, { kind: "good" | "busy" | "warn" | "bad"; word: string; title: string }> = {
  live: { kind: "good", word: "Live", title: "Every change shows at once" },
  connecting: { kind: "busy", word: "Connecting", title: "The stream of changes is being opened" },
  polling: { kind: "warn", word: "Every 3 s", title: "The stream is away; the page asks again every 3 seconds" },
  offline: { kind: "bad", word: "Offline", title: "Trunkline does not answer; the product keeps running. The page tries again by itself" },
};

function LinkIndicator() {
  const { kind, word, title } = LINK_WORDS[useLinkState()];
  return (
    <span className="link-state" role="status" title={title}>
      <span className={`ink-${kind}`}><Icon name={kind} size={12} /></span>
      {word}
    </span>
  );
}

const THEME_ICONS: Record<Theme, Glyph> = { system: "screen", light: "sun", dark: "moon" };

function ThemeSwitch() {
  const theme = useTheme();
  const next = nextTheme(theme);
  const label = `Theme: ${theme === "system" ? "as the system" : theme}. Change to ${next === "system" ? "the system's" : next}`;
  return (
    <button type="button" className="quiet" title={label} aria-label={label} onClick={() => chooseTheme(next)}>
      <Icon name={THEME_ICONS[theme]} size={16} />
    </button>
  );
}
