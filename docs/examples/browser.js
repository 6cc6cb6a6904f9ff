// Predicts in a browser, with @gradloom/core alone. train.mjs writes model.json; then
//   npx esbuild browser.js --bundle --outfile=page.js
// and open browser.html, which loads page.js.
import { buildNetwork, createPredictor } from '@gradloom/core';
import { parameters, spec } from './model.json';

const predict = createPredictor(buildNetwork(spec), Float64Array.from(parameters));
const canvas = document.querySelector('canvas');
const output = document.querySelector('output');
const [left, top, width, height] = [-1.5, 1.5, 4, 2.5]; // what the canvas shows of the plane

/** The point of the plane at a pixel. */
const pointAt = (px, py) => [left + (px / canvas.width) * width, top - (py / canvas.height) * height];

// All pixels at once: a row of the network's input each.
const rows = Array.from({ length: canvas.height }, (_, py) => py).flatMap((py) =>
  Array.from({ length: canvas.width }, (_, px) => pointAt(px, py)),
);
const logits = predict(Float64Array.from(rows.flat()));
const image = new ImageData(canvas.width, canvas.height);
for (let i = 0; i < rows.length; i++) {
  const share = 1 / (1 + Math.exp(logits[2 * i] - logits[2 * i + 1])); // softmax of two logits
  image.data.set([60 + 180 * share, 140, 240 - 180 * share, 255], 4 * i);
}
canvas.getContext('2d').putImageData(image, 0, 0);

canvas.addEventListener('click', ({ offsetX, offsetY }) => {
  const point = pointAt(offsetX, offsetY);
  output.value = JSON.stringify({ point, logits: Array.from(predict(Float64Array.from(point))) });
});
