export function DeploymentPage(_props: { number: string }) { return null; }
