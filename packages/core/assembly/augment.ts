import { bytes } from './lanes';

/** Bytes of a row of `drawn`: ten doubles, as in src/program/reference/augment.ts. */
const DRAWN: usize = 80;

/**
 * Augments the images x[B,H,V,C] as `drawn` says. `isWhole` is for maps from pixels to pixels: mirrored or not, and
 * shifted. Overwrites `x`, and image [H,V,C] as scratch.
 */
export function augment(
  x: usize, image: usize, drawn: usize, B: i32, H: i32, V: i32, C: i32, isWhole: i32,
): void {
  const line = bytes(V * C);
  for (; B > 0; B--, drawn += DRAWN) {
    const size = <usize>H * line;
    memory.copy(image, x, size);
    for (let i = 0; i < H; i++) {
      if (isWhole != 0) copyLine(x + <usize>i * line, image, drawn, i, H, V, C);
      else turnLine(x + <usize>i * line, image, drawn, i, H, V, C);
    }
    const top = <i32>load<f64>(drawn, 48);
    const bottom = top + <i32>load<f64>(drawn, 64);
    const from = bytes(<i32>load<f64>(drawn, 56) * C);
    const width = bytes(<i32>load<f64>(drawn, 72) * C);
    for (let i = top; i < bottom; i++) memory.fill(x + <usize>i * line + from, 0, width);
    x += size;
  }
}

/** Line `i` of a mirrored or shifted image. */
function copyLine(y: usize, image: usize, drawn: usize, i: i32, H: i32, V: i32, C: i32): void {
  const pixel = bytes(C);
  const pointY = load<f64>(drawn, 32) * <f64>i + load<f64>(drawn, 40);
  if (pointY < 0 || pointY >= <f64>H) {
    memory.fill(y, 0, <usize>V * pixel);
    return;
  }
  const column = <i32>(load<f64>(drawn, 8) * <f64>i + load<f64>(drawn, 16)); // shown by pixel 0
  const isMirrored = load<f64>(drawn) < 0;
  const first = max(0, isMirrored ? column - V + 1 : -column);
  const end = min(V, isMirrored ? column + 1 : V - column);
  const from = image + <usize>(<i32>pointY * V) * pixel;
  if (end <= first) {
    memory.fill(y, 0, <usize>V * pixel);
    return;
  }
  memory.fill(y, 0, <usize>first * pixel);
  memory.fill(y + <usize>end * pixel, 0, <usize>(V - end) * pixel);
  if (!isMirrored) {
    memory.copy(y + <usize>first * pixel, from + <usize>(column + first) * pixel, <usize>(end - first) * pixel);
    return;
  }
  for (let j = first; j < end; j++) {
    const to = y + <usize>j * pixel;
    const at = from + <usize>(column - j) * pixel;
    for (let k: usize = 0; k < pixel; k += sizeof<Real>()) store<Real>(to + k, load<Real>(at + k));
  }
}

/** Line `i` of a turned or scaled image: each pixel is interpolated between four. */
function turnLine(y: usize, image: usize, drawn: usize, i: i32, H: i32, V: i32, C: i32): void {
  const pixel = bytes(C);
  const line = <usize>V * pixel;
  const a = load<f64>(drawn);
  const d = load<f64>(drawn, 24);
  const lineX = load<f64>(drawn, 8) * <f64>i + load<f64>(drawn, 16);
  const lineY = load<f64>(drawn, 32) * <f64>i + load<f64>(drawn, 40);
  const lastX = <f64>(V - 1);
  const lastY = <f64>(H - 1);
  for (let j = 0; j < V; j++, y += pixel) {
    const pointX = a * <f64>j + lineX;
    const pointY = d * <f64>j + lineY;
    if (!(pointX > -1 && pointX < <f64>V && pointY > -1 && pointY < <f64>H)) {
      for (let k: usize = 0; k < pixel; k += sizeof<Real>()) store<Real>(y + k, 0);
      continue;
    }
    const column = floor(pointX);
    const row = floor(pointY);
    const shareX = <Real>(pointX - column);
    const shareY = <Real>(pointY - row);
    let at = image + (<i32>row * V + <i32>column) * <i32>pixel;
    if (pointX >= 0 && pointX < lastX && pointY >= 0 && pointY < lastY) {
      for (let k: usize = 0; k < pixel; k += sizeof<Real>(), at += sizeof<Real>()) {
        const upper = between(load<Real>(at), load<Real>(at + pixel), shareX);
        const lower = between(load<Real>(at + line), load<Real>(at + line + pixel), shareX);
        store<Real>(y + k, between(upper, lower, shareY));
      }
      continue;
    }
    const isLeft = pointX >= 0;
    const isRight = pointX < lastX;
    const isAbove = pointY >= 0;
    const isBelow = pointY < lastY;
    for (let k: usize = 0; k < pixel; k += sizeof<Real>(), at += sizeof<Real>()) {
      const p = isAbove && isLeft ? load<Real>(at) : 0;
      const q = isAbove && isRight ? load<Real>(at + pixel) : 0;
      const r = isBelow && isLeft ? load<Real>(at + line) : 0;
      const s = isBelow && isRight ? load<Real>(at + line + pixel) : 0;
      store<Real>(y + k, between(between(p, q, shareX), between(r, s, shareX), shareY));
    }
  }
}

@inline function between(p: Real, q: Real, share: Real): Real {
  return p + share * (q - p);
}
