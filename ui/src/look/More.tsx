interface Props {
  query: { hasNextPage: boolean; isFetchingNextPage: boolean; fetchNextPage: () => Promise<unknown> };
}

/** The next page of a list, below the last row. */
export function More({ query }: Props) {
  if (!query.hasNextPage) return null;
  return (
    <div className="more">
      <button type="button" disabled={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
        {query.isFetchingNextPage ? "Loading" : "Show older"}
      </button>
    </div>
  );
}
