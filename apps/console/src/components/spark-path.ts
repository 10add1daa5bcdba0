/**
 * The geometry of a sparkline.
 *
 * **Comes in:** values, oldest first. **Goes out:** SVG paths that end at the right edge, the newest value, with zero
 * at the bottom, so that the height of a line means something. A few values take part of the width, many all of it.
 */
export function sparkPath(
  values: readonly number[],
  room: number,
  width: number,
  height: number,
): { line: string; area: string } | undefined {
  const shown = values.slice(-room);
  if (shown.length < 2) return undefined;
  const inset = 2;
  const places = Math.max(shown.length, Math.min(room, placesMin));
  const top = Math.max(1, ...shown) * 1.15;
  const step = width / (places - 1);
  const start = width - step * (shown.length - 1);
  const points = shown.map((value, index) => {
    const y = height - inset - (value / top) * (height - 2 * inset);
    return `${round(start + index * step)} ${round(y)}`;
  });
  const line = `M${points.join("L")}`;
  return { line, area: `${line}L${width} ${height}L${round(start)} ${height}Z` };
}

/** Two values drawn over the whole width would look like a trend. */
const placesMin = 20;

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
