import { useQueryClient } from "@tanstack/react-query";
import { useEffect, type ReactNode } from "react";
import { Route, Router, Switch } from "wouter";
import { Problem } from "../api/problem";
import { SignIn, Unreachable } from "../access/SignIn";
import { useSession } from "../access/session";
import { DeploymentPage } from "../delivery/DeploymentPage";
import { DeploymentsPage } from "../delivery/DeploymentsPage";
import { DoraPage } from "../delivery/DoraPage";
import { RunPage } from "../delivery/RunPage";
import { EventsPage } from "../events/EventsPage";
import { PersonPage } from "../events/PersonPage";
import { ExperimentPage } from "../experiments/ExperimentPage";
import { ExperimentsPage } from "../experiments/ExperimentsPage";
import { FeedbackPage } from "../feedback/FeedbackPage";
import { FlagPage } from "../flags/FlagPage";
import { FlagsPage } from "../flags/FlagsPage";
import { FeaturesPage } from "../journeys/FeaturesPage";
import { JourneyPage } from "../journeys/JourneyPage";
import { JourneysPage } from "../journeys/JourneysPage";
import { DomainPage } from "../ownership/DomainPage";
import { DomainsPage } from "../ownership/DomainsPage";
import { PrinciplePage } from "../ownership/PrinciplePage";
import { PrinciplesPage } from "../ownership/PrinciplesPage";
import { WaiversPage } from "../ownership/WaiversPage";
import { ChangePage } from "../rollout/ChangePage";
import { ChangesPage } from "../rollout/ChangesPage";
import { NowPage } from "../rollout/NowPage";
import { FindingPage } from "../security/FindingPage";
import { SecurityPage } from "../security/SecurityPage";
import { SettingsPage } from "../settings/SettingsPage";
import { follow } from "./live";
import { NotFound } from "./NotFound";
import { Shell } from "./Shell";

export function App() {
  const session = useSession();
  if (session.data && !isDenied(session.error)) return <Inside />;
  if (session.isPending) return null;
  if (isDenied(session.error)) return <SignIn error={session.error} />;
  return <Unreachable error={session.error} retry={() => void session.refetch()} />;
}

const isDenied = (error: unknown) => error instanceof Problem && (error.status === 401 || error.status === 403);

function Inside() {
  const queries = useQueryClient();
  useEffect(() => follow(queries), [queries]);
  return (
    <Router base="/console">
      <Shell>
        <Switch>
          <Route path="/"><NowPage /></Route>
          <Route path="/changes"><ChangesPage /></Route>
          <Route path="/changes/:sha">{(p) => <Keyed by={p.sha}><ChangePage sha={p.sha} /></Keyed>}</Route>
          <Route path="/runs/:id">{(p) => <Keyed by={p.id}><RunPage id={p.id} /></Keyed>}</Route>
          <Route path="/deployments"><DeploymentsPage /></Route>
          <Route path="/deployments/:number">{(p) => <Keyed by={p.number}><DeploymentPage number={p.number} /></Keyed>}</Route>
          <Route path="/delivery"><DoraPage /></Route>
          <Route path="/flags"><FlagsPage /></Route>
          <Route path="/flags/:key">{(p) => <Keyed by={p.key}><FlagPage flagKey={decodeURIComponent(p.key)} /></Keyed>}</Route>
          <Route path="/journeys"><JourneysPage /></Route>
          <Route path="/journeys/:name">{(p) => <Keyed by={p.name}><JourneyPage name={decodeURIComponent(p.name)} /></Keyed>}</Route>
          <Route path="/experiments"><ExperimentsPage /></Route>
          <Route path="/experiments/:key">{(p) => <Keyed by={p.key}><ExperimentPage name={decodeURIComponent(p.key)} /></Keyed>}</Route>
          <Route path="/security"><SecurityPage /></Route>
          <Route path="/findings/:id">{(p) => <Keyed by={p.id}><FindingPage id={decodeURIComponent(p.id)} /></Keyed>}</Route>
          <Route path="/feedback"><FeedbackPage /></Route>
          <Route path="/domains"><DomainsPage /></Route>
          <Route path="/domains/:key">{(p) => <Keyed by={p.key}><DomainPage name={decodeURIComponent(p.key)} /></Keyed>}</Route>
          <Route path="/principles"><PrinciplesPage /></Route>
          <Route path="/principles/:key">{(p) => <Keyed by={p.key}><PrinciplePage id={decodeURIComponent(p.key)} /></Keyed>}</Route>
          <Route path="/waivers"><WaiversPage /></Route>
          <Route path="/features"><FeaturesPage /></Route>
          <Route path="/events"><EventsPage part="events" /></Route>
          <Route path="/events/rejections"><EventsPage part="rejections" /></Route>
          <Route path="/persons/:id">{(p) => <Keyed by={p.id}><PersonPage id={decodeURIComponent(p.id)} /></Keyed>}</Route>
          <Route path="/settings/:part?">{(p) => <SettingsPage part={p.part ?? "general"} />}</Route>
          <Route><NotFound /></Route>
        </Switch>
      </Shell>
    </Router>
  );
}

/** Another subject is another page: nothing of the last one's state stays. */
function Keyed({ by, children }: { by: string; children: ReactNode }) {
  return <div key={by}>{children}</div>;
}
