/**
 * The geometry of a sparkline.
 *
 * **Comes in:** values, oldest first. **Goes out:** SVG paths that end at the right edge, the newest value, with zero
 * at the bottom, so that the height of a line means something. Fewer values than there is room for start further right.
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
  const top = Math.max(1, ...shown) * 1.15;
  const step = width / (room - 1);
  const start = width - step * (shown.length - 1);
  const points = shown.map((value, index) => {
    const y = height - inset - (value / top) * (height - 2 * inset);
    return `${round(start + index * step)} ${round(y)}`;
  });
  const line = `M${points.join("L")}`;
  return { line, area: `${line}L${width} ${height}L${round(start)} ${height}Z` };
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
