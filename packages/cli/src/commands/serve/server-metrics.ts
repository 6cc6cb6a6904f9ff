/** Counts of the server, as text for Prometheus. */
export interface ServerMetrics {
  /** Counts an answered request. */
  count(route: string, status: number, seconds: number): void;
  /** Counts answered rows, and their unusual cells by column: the columns of a model are few. */
  countRows(rows: number, unusual?: Readonly<Record<string, number>>): void;
  /** [The text format](https://prometheus.io/docs/instrumenting/exposition_formats/), version 0.0.4. */
  text(now: Readonly<Record<keyof typeof gauges, number>>): string;
}

/** Upper bounds of the histogram's buckets, in seconds. */
const BUCKETS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

const gauges = {
  waiting: ['gradloom_queue_waiting', 'gauge', 'Requests that wait for a thread.'],
  calls: ['gradloom_predict_calls_total', 'counter', 'Calls to threads, each with the rows of one or more requests.'],
  residentBytes: ['process_resident_memory_bytes', 'gauge', 'Memory of the process.'],
} as const;

export function createServerMetrics(): ServerMetrics {
  const requests = new Map<string, Map<number, number>>(); // by route and status
  const buckets = new Float64Array(BUCKETS.length);
  let sum = 0;
  let count = 0;
  let rows = 0;
  const unusualCells = new Map<string, number>(); // by column
  return {
    count(route, status, seconds) {
      let counts = requests.get(route);
      if (counts === undefined) {
        counts = new Map();
        requests.set(route, counts);
      }
      counts.set(status, (counts.get(status) ?? 0) + 1);
      if (route !== '/predict') return;
      const bucket = BUCKETS.findIndex((end) => seconds <= end);
      if (bucket !== -1) buckets[bucket]++;
      sum += seconds;
      count++;
    },
    countRows(answeredRows, unusual = {}) {
      rows += answeredRows;
      for (const [column, cells] of Object.entries(unusual)) {
        unusualCells.set(column, (unusualCells.get(column) ?? 0) + cells);
      }
    },
    text(now) {
      let requestsBelow = 0; // requests that took at most the bucket's upper bound
      const lines = [
        ...head('gradloom_requests_total', 'counter', 'Requests by route and status.'),
        ...[...requests].flatMap(([route, counts]) =>
          [...counts].map(([status, value]) => `gradloom_requests_total{route="${route}",status="${status}"} ${value}`),
        ),
        ...head('gradloom_rows_total', 'counter', 'Rows that were predicted.'),
        `gradloom_rows_total ${rows}`,
        ...(unusualCells.size === 0 ? [] : head('gradloom_unusual_cells_total', 'counter', UNUSUAL)),
        ...[...unusualCells].map(
          ([column, cells]) => `gradloom_unusual_cells_total{column="${escapeLabel(column)}"} ${cells}`,
        ),
        ...head('gradloom_predict_seconds', 'histogram', 'Time from the head of a request for /predict to its answer.'),
        ...BUCKETS.map((end, b) => {
          requestsBelow += buckets[b];
          return `gradloom_predict_seconds_bucket{le="${end}"} ${requestsBelow}`;
        }),
        `gradloom_predict_seconds_bucket{le="+Inf"} ${count}`,
        `gradloom_predict_seconds_sum ${sum}`,
        `gradloom_predict_seconds_count ${count}`,
        ...Object.entries(gauges).flatMap(([key, [name, type, help]]) => [
          ...head(name, type, help),
          `${name} ${now[key as keyof typeof gauges]}`,
        ]),
      ];
      return `${lines.join('\n')}\n`;
    },
  };
}

const UNUSUAL = 'Cells outside of the range of the training rows, unknown categories and unusual gaps, by column.';

const escapeLabel = (text: string): string =>
  text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');

const head = (name: string, type: string, help: string): string[] => [
  `# HELP ${name} ${help}`,
  `# TYPE ${name} ${type}`,
];
