// Predicts in a browser, with @gradloom/core only. train.mjs writes moons.gradloom; then
//   npx esbuild browser.js --bundle --format=esm --outfile=page.js
// and serve the folder: browser.html loads page.js, which fetches the model.
import { openModel } from '@gradloom/core';

const response = await fetch('moons.gradloom');
const model = openModel(await response.arrayBuffer());
const canvas = document.querySelector('canvas');
const output = document.querySelector('output');
const [left, top, width, height] = [-1.5, 1.5, 4, 2.5]; // the part of the plane that the canvas shows

/** The point of the plane at a pixel. */
const pointAt = (px, py) => [left + (px / canvas.width) * width, top - (py / canvas.height) * height];

// All pixels at once, one input row each.
const points = Array.from({ length: canvas.height }, (_, py) => py).flatMap((py) =>
  Array.from({ length: canvas.width }, (_, px) => pointAt(px, py)),
);
const shares = model.probabilities(points);
const image = new ImageData(canvas.width, canvas.height);
for (const [i, [, share]] of shares.entries()) {
  image.data.set([60 + 180 * share, 140, 240 - 180 * share, 255], 4 * i);
}
canvas.getContext('2d').putImageData(image, 0, 0);

canvas.addEventListener('click', ({ offsetX, offsetY }) => {
  const point = pointAt(offsetX, offsetY);
  output.value = JSON.stringify({ point, answer: model.predict([point])[0] });
});
output.value = 'Click a point.';
