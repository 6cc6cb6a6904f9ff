import { availableParallelism } from 'node:os';
import type { Json, TargetDecoding } from '@gradloom/core';
import { inputsOf, labelListOf, ofImages, ofTable, ofText } from '@gradloom/core/internal';
import type { Model } from '@gradloom/runtime';
import { createAnswerPool, npyRows } from '@gradloom/runtime/internal';
import { divisorsOf, openModel, refuseMoreThan } from '../../files/models/open-model.ts';
import { boundMemory } from '../../options/bound-memory.ts';
import { type Values, withDefaults } from '../../options/option.ts';
import { flagsToRaw, parseRaw, type Request } from '../../options/raw-options.ts';
import { withoutCaller } from '../../terminal/failure.ts';
import { listenForInterrupt, whenInterrupted } from '../../terminal/interrupt.ts';
import { type Io, printLine, printLines } from '../../terminal/io.ts';
import { quote } from '../../terminal/text/quote.ts';
import { createHostCheck, isLoopback } from '../http/host-names.ts';
import { listen } from '../http/http-server.ts';
import type { ServedModel } from './model-routes.ts';
import { serveOptions } from './options.ts';
import { labelsByList, type RowSchema, rowSchema } from './row-schema.ts';
import { fileVersion, watchModel } from './watch-model.ts';

const MAX_THREADS = 4;

/** Answers requests until a signal arrives. Resolves to the exit code. */
export async function runServe(request: Request, io: Io): Promise<number> {
  const raw = flagsToRaw(serveOptions, request);
  const values = parseRaw(serveOptions, raw);
  refuseMoreThan(1, request.positionals, 'one model');
  boundMemory(values);
  const [name] = request.positionals;
  const loadedVersion = values.reload === true ? await fileVersion(name ?? '') : undefined;
  const { port, host, queue, delay, cors } = withDefaults(serveOptions, values);
  const say = (text: string): void => printLine(io.stderr, `gradloom serve: ${text}`);
  const { createServer } = await import('./server.ts');
  const server = createServer({
    maxWaiting: queue,
    delayMs: delay,
    cors,
    allowsHost: createHostCheck([host, ...(values['allow-host'] ?? [])]),
    onError: (error) => say(withoutCaller(error)),
  });
  let fingerprint = ''; // first digits of the fingerprint of the loaded model
  /** Loads the model. Returns a function that introduces it at a URL, and does not hold it in memory. */
  async function load(): Promise<(url: string) => string[]> {
    const model = openModel(request.positionals);
    const servedModel = await serveModel(model, values);
    await server.setModel(servedModel);
    fingerprint = model.fingerprint.slice(0, 12);
    return introductionOf(model, name, servedModel.schema);
  }
  async function reload(): Promise<void> {
    const outcome = await load().then(
      () => `${name} is loaded anew, with fingerprint ${fingerprint}`,
      (error: unknown) => `${withoutCaller(error)}; fingerprint ${fingerprint} goes on answering`,
    );
    say(`${new Date().toISOString()}: ${outcome}`);
  }
  const introduce = await load();
  const watch = loadedVersion === undefined ? undefined : watchModel(name, loadedVersion, reload);
  // A terminal that is closed sends SIGHUP, too, and ends the server.
  const onHangup = watch === undefined || io.stdout.isTTY === true ? undefined : () => watch.force();
  const interrupt = listenForInterrupt(io, onHangup);
  try {
    const url = await listen(server.http, host, port);
    if (!isLoopback(host)) {
      say(
        `warning: ${host} is not a loopback address: any machine that reaches it may send requests, without a password`,
      );
    }
    printLines(io.stdout, introduce(url));
    await whenInterrupted(interrupt);
    say(`${interrupt.signal.reason}: answering the requests that have arrived; a second signal ends at once`);
    await Promise.all([server.stop(), watch?.stop()]);
    return 0;
  } finally {
    interrupt.release();
    await watch?.stop();
    await server.endThreads();
  }
}

/** Starts the threads of a model. @throws Error for one that cannot answer, such as one with a weight of NaN. */
async function serveModel(model: Model, values: Values<typeof serveOptions>): Promise<ServedModel> {
  model.outputs(new Float64Array(0)); // no rows: only checks the model
  const {
    'max-rows': maxRows,
    'max-tokens': maxTokens,
    'answer-timeout': maxSeconds,
  } = withDefaults(serveOptions, values);
  const threads = values.threads ?? Math.max(1, Math.min(MAX_THREADS, availableParallelism() - 1));
  const takesImages = ofImages(model.preprocessing) !== undefined;
  const hasImages = ofTable(model.preprocessing)?.columns.some(({ type }) => type === 'image') ?? false;
  const takesArrays = ofTable(model.preprocessing) === undefined && ofText(model.preprocessing) === undefined;
  const arrays = { columns: inputsOf(model.spec), ...divisorsOf(model) };
  return {
    pool: await createAnswerPool(model, { threads, maxRows, maxTokens, maxSeconds }),
    schema: rowSchema(model, maxRows, maxTokens),
    fingerprint: model.fingerprint,
    takesImages,
    ...(takesArrays ? { readArray: (bytes) => npyRows('body', bytes, arrays) } : {}),
    maxBytes: values['max-body'] ?? (takesImages || hasImages ? 8 : 1) * 1024 ** 2,
  };
}

/** The address is the first word, so scripts can read it. */
function introductionOf(
  { preprocessing, metadata }: Model,
  name: string,
  { request: { examples = [] } }: RowSchema,
): (url: string) => string[] {
  const table = ofTable(preprocessing);
  const columns = table?.columns.map((column) => column.name).join(', ');
  const windows = table?.series === undefined ? '' : `windows of ${table.series.context} `;
  const isText = ofText(preprocessing) !== undefined;
  const isImages = ofImages(preprocessing) !== undefined;
  const untabledRows = isImages ? 'a PNG or JPEG image, or rows' : 'rows of numbers, or an npy file';
  const rows = columns === undefined ? untabledRows : `${windows}rows of ${columns}`;
  const [target, ...others] = preprocessing?.target ?? [];
  const columnTargets = [target, ...others].filter(
    (decoding) => decoding !== undefined && labelListOf(decoding) === undefined,
  );
  const lists = [...labelsByList(preprocessing?.target ?? [])];
  const answers =
    others.length > 0 && [target, ...others].some(({ type }) => type === 'classes')
      ? [
          ...columnTargets.map((decoding) => `${decoding.name} (${answerOf(decoding, 'a value')})`),
          ...lists.map(([column, labels]) => `${column} (any of ${labels.slice(0, 10).join(', ')})`),
        ].join(', ')
      : answerOf(target, 'values', metadata.labels);
  return (url) => [
    `${url} answers for ${name}`,
    isText
      ? 'POST /predict: a text, or a list of texts; gives the next token'
      : `POST /predict: ${rows}; gives ${answers}`,
    ...(isText ? ['POST /generate: a prompt; gives the text that follows'] : []),
    'GET /schema, /health, /metrics. Ctrl-C stops.',
    isImages ? `${curl(url, 'image/png')} --data-binary @image.png` : exampleRequest(url, examples),
  ];
}

/** The schema of a model's answer for a target: a class, or values. */
function answerOf(target: TargetDecoding | undefined, values: string, labels?: readonly string[]): string {
  const classes = target?.type === 'classes' ? target.labels : labels;
  return classes === undefined ? values : `one of ${classes.slice(0, 10).join(', ')}`;
}

/** Longer rows are only in the schema. */
const MAX_EXAMPLE_CHARACTERS = 200;

/** A request to copy, with the example of the schema. */
function exampleRequest(url: string, examples: Json): string {
  const body = JSON.stringify((examples as readonly Json[])[0]);
  return body.length > MAX_EXAMPLE_CHARACTERS
    ? `${url}/schema has an example of a row`
    : `${curl(url, 'application/json')} -d ${quote(body)}`;
}

const curl = (url: string, type: string): string => `curl ${url}/predict -H ${quote(`content-type: ${type}`)}`;
