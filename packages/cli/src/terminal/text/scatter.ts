const WIDTH = 41;
const HEIGHT = 13;
const LOW = -0.5;
const HIGH = 1.5;

/** Points of two classes in the plane from -0.5 to 1.5, on top of the sign of `side`: dots below 0, blank above. */
export function scatter(
  points: readonly (readonly number[])[], // x, y
  classes: readonly number[], // 0 or 1
  side: ((x: number, y: number) => number) | undefined,
): string[] {
  const at = (k: number, cells: number): number => LOW + ((HIGH - LOW) * k) / (cells - 1);
  const cell = (value: number, cells: number): number => Math.round(((value - LOW) / (HIGH - LOW)) * (cells - 1));
  const grid = Array.from({ length: HEIGHT }, (_, r) =>
    Array.from({ length: WIDTH }, (_, c): string =>
      side !== undefined && side(at(c, WIDTH), at(HEIGHT - 1 - r, HEIGHT)) < 0 ? '·' : ' ',
    ),
  );
  for (const [n, [x, y]] of points.entries()) {
    grid[HEIGHT - 1 - cell(y, HEIGHT)][cell(x, WIDTH)] = classes[n] === 1 ? '#' : 'o';
  }
  const label = (r: number): string => {
    const here = HEIGHT - 1 - r;
    return here === cell(0, HEIGHT) ? '0' : here === cell(1, HEIGHT) ? '1' : ' ';
  };
  const axis = Array.from({ length: WIDTH }, (_, c) => (c === cell(0, WIDTH) ? '0' : c === cell(1, WIDTH) ? '1' : ' '));
  return [...grid.map((row, r) => `  ${label(r)} │${row.join('')}│`), `     ${axis.join('').trimEnd()}`];
}
