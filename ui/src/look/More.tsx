interface Props {
  /** What the button says. */
  word?: string;
  query: { hasNextPage: boolean; isFetchingNextPage: boolean; fetchNextPage: () => Promise<unknown> };
}

/** The next page of a list, below the last row. */
export function More({ query, word = "Show older" }: Props) {
  if (!query.hasNextPage) return null;
  return (
    <div className="more">
      <button type="button" disabled={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
        {query.isFetchingNextPage ? "Loading" : word}
      </button>
    </div>
  );
}
