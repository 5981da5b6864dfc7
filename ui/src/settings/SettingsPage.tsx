export function SettingsPage(_props: { part: string }) { return null; }
