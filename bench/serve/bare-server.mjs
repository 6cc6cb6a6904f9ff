// The minimum of a Node server: a constant answer to every request.
import { createServer } from 'node:http';

const answer =
  '{"prediction":"setosa","probabilities":{"setosa":0.9999342965444509,"versicolor":0.0000657034549503772,"virginica":5.988792145480526e-13}}';
const head = { 'content-type': 'application/json; charset=utf-8', 'content-length': answer.length };
const server = createServer((_request, response) => response.writeHead(200, head).end(answer));
server.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}`));
