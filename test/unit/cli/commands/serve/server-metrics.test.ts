import { expect, test } from 'vitest';
import { createServerMetrics } from '../../../../../packages/cli/src/commands/serve/server-metrics.ts';

test('unusual cells are counted by column, whose name is escaped as Prometheus wants it', () => {
  const metrics = createServerMetrics();
  const now = { waiting: 0, calls: 0, residentBytes: 0 };
  expect(metrics.text(now)).not.toContain('unusual');
  metrics.countRows(3, { age: 2, 'a "b"\\\n': 1 });
  metrics.countRows(1, { age: 1 });
  const lines = metrics.text(now).split('\n');
  expect(lines).toContain('gradloom_rows_total 4');
  expect(lines).toContain('gradloom_unusual_cells_total{column="age"} 3');
  expect(lines).toContain('gradloom_unusual_cells_total{column="a \\"b\\"\\\\\\n"} 1');
});
