import type { Table } from './page.ts';
import { objectOf, textOf } from './run-files.ts';

interface MachineFacts {
  readonly machine?: unknown;
  readonly versions?: unknown;
  readonly backend?: unknown;
}

/** What a result came about on, of what a run's files say of it. */
export function machineTable({ machine, versions, backend }: MachineFacts): Table {
  const { cpu, cores, platform, arch } = objectOf(machine);
  const { gradloom, node } = objectOf(versions);
  const { name: kernels, library: found } = objectOf(backend);
  const library = objectOf(found);
  const rows = [
    ['processor', textOf(cpu)],
    ['cores', textOf(cores)],
    ['system', `${textOf(platform)} ${textOf(arch)}`],
    ['Node', textOf(node)],
    ['Gradloom', textOf(gradloom)],
  ];
  if (kernels !== undefined) rows.push(['backend', textOf(kernels)]);
  if (library.name !== undefined) rows.push(['BLAS', `${textOf(library.name)} ${textOf(library.version)}`]);
  return { title: 'Machine', rows };
}
