import { useEffect, type ReactNode } from "react";

interface Props {
  title: string;
  crumbs?: ReactNode;
  meta?: ReactNode;
  actions?: ReactNode;
}

/** What the page is about; also the document's title. */
export function PageHead({ title, crumbs, meta, actions }: Props) {
  useEffect(() => {
    document.title = `${title} · Trunkline`;
  }, [title]);
  return (
    <>
      {crumbs && <nav className="crumbs" aria-label="Where this is">{crumbs}</nav>}
      <div className="head">
        <div>
          <h1>{title}</h1>
          {meta && <div className="meta">{meta}</div>}
        </div>
        {actions && <div className="actions">{actions}</div>}
      </div>
    </>
  );
}
