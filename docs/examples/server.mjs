// An HTTP server that trains in its own process and answers meanwhile: node server.mjs, then curl localhost:8080
import { createServer } from 'node:http';
import { createModel, dense, relu, sequential, syntheticDatasets, train } from '@gradloom/runtime';

const spirals = syntheticDatasets.spirals({ rows: 2000, noise: 0.02, classes: 3 });
const network = sequential(2, dense(64), relu(), dense(64), relu(), dense(3));
const stop = new AbortController();
const run = train(
  network,
  { train: spirals },
  { epochs: 100, optimizer: { kind: 'adam', lr: 0.005 }, signal: stop.signal },
);

const state = { training: true, step: 0, loss: null };
let model = null;

const server = createServer((request, response) => {
  const { searchParams } = new URL(request.url, 'http://localhost');
  const point = [Number(searchParams.get('x')), Number(searchParams.get('y'))];
  const answer = model === null ? {} : { class: model.classify([point])[0] };
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify({ ...state, ...answer }));
});
server.listen(Number(process.env.PORT ?? 8080), () => console.log(`http://localhost:${server.address().port}`));
process.once('SIGTERM', () => {
  stop.abort();
  server.close();
});

for await (const event of run) {
  if (event.type === 'progress') Object.assign(state, { step: event.step, loss: event.loss });
}
model = createModel(await run);
state.training = false;
