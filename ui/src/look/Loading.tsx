/** Lines where text will stand, so that nothing jumps when it comes. */
export function Skeleton({ lines = 3 }: { lines?: number }) {
  return (
    <div className="stack" aria-busy="true" aria-label="Loading" role="status">
      {Array.from({ length: lines }, (_, i) => (
        <span key={i} className="skeleton" style={{ width: `${[86, 64, 73, 48][i % 4]}%` }} />
      ))}
    </div>
  );
}
