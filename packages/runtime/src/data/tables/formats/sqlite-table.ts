import { OptionError } from '@gradloom/core';
import { listed, reasonOf, show, showPath, suggest } from '@gradloom/core/internal';
import { fileSize } from '../../../system/files/file-system.ts';
import { cellOf, refuseDelimiter } from './json-rows.ts';
import { fileFault, partFault, type TableReader, type TableReadOptions, type TableRow } from './table-reader.ts';

const SQLITE_FILE = 'a SQLite file';
const BATCH_ROWS = 4096;

/** The part of `node:sqlite` that is used here; it is not in every Node that Gradloom runs on. */
interface Database {
  readonly isOpen: boolean;
  prepare(sql: string): Statement;
  close(): void;
}
interface Statement {
  columns(): readonly { readonly name: string }[];
  setReturnArrays(enabled: boolean): void;
  iterate(): Iterator<readonly unknown[]>;
}

/**
 * Opens the rows of a table, or of a query, in a SQLite file, by Node's own module. The file is opened to be read only,
 * and rows are read as they are needed.
 * @throws Error naming the file, or a Node without this module; OptionError for a table or query that the file refuses.
 */
export async function openSqlite(path: string, options: TableReadOptions): Promise<TableReader> {
  refuseDelimiter(options, 'SQLite');
  if (options.header === false) {
    throw new OptionError('readTable', 'header', 'has false, expected none (a SQLite file names its columns)');
  }
  fileSize('readTable', path, SQLITE_FILE);
  const database = await openDatabase(path, options);
  try {
    const { query = `select * from ${quoteName(tableIn(database, path, options.table))}` } = options;
    const statement = prepare(database, query);
    const names = statement.columns().map(({ name }) => name);
    const batches = rowsOf(database, statement, names, path);
    return {
      names: () => names,
      namesLocation: options.query === undefined ? 'the table' : 'the query',
      findings: [`names of columns from the ${options.query === undefined ? 'table' : 'query'}`],
      batches,
      close: async () => {
        await batches.return(undefined);
        if (database.isOpen) database.close();
      },
    };
  } catch (error) {
    database.close();
    if (error instanceof OptionError) throw error;
    throw fileFault(path)(`damaged SQLite contents (${reasonOf(error)})`, SQLITE_FILE, error);
  }
}

/** @throws Error for a Node without `node:sqlite`, or with an early form of it. */
async function openDatabase(path: string, { table, query }: TableReadOptions): Promise<Database> {
  const name = 'node:sqlite'; // a constant, since its types are not in every Node
  const sqlite = await import(name).catch(() => undefined);
  const { columns, setReturnArrays } = sqlite?.StatementSync?.prototype ?? {};
  if (columns !== undefined && setReturnArrays !== undefined) return new sqlite.DatabaseSync(path, { readOnly: true });
  const select = query ?? `select * from ${table === undefined ? '<table>' : quoteName(String(table))}`;
  const command = `sqlite3 ${showPath(path)} -csv -header ${show(select)} > table.csv`;
  const has = `is a SQLite file, which Node ${process.version} cannot read`;
  throw new Error(`readTable: ${showPath(path)} ${has}, expected Node 24 or later, or a CSV file (${command})`);
}

/** The requested table, or the only one. @throws OptionError naming all tables. */
function tableIn(database: Database, path: string, requested: TableReadOptions['table']): string {
  const statement = database.prepare(TABLES);
  statement.setReturnArrays(true);
  const tables: string[] = [];
  const rows = statement.iterate();
  for (let row = rows.next(); row.done !== true; row = rows.next()) tables.push(String(row.value[0]));
  if (requested === undefined && tables.length === 1) return tables[0];
  if (requested !== undefined && tables.includes(String(requested))) return String(requested);
  const has = requested === undefined ? 'is missing' : `has ${show(requested)}`;
  const hint = requested === undefined ? '' : suggest(String(requested), tables);
  const known = tables.length === 0 ? 'none, since it has no tables' : `one of its tables ${listed(tables, 20)}`;
  throw new OptionError('readTable', 'table', `${has} for ${showPath(path)}, expected ${known}${hint}`);
}

const TABLES =
  "select name from sqlite_master where type in ('table', 'view') and name not like 'sqlite!_%' escape '!'";

const quoteName = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/** @throws OptionError for a query that SQLite refuses, or that has no rows to give. */
function prepare(database: Database, query: string): Statement {
  const refuse = (problem: string, cause?: unknown): never => {
    const expected = "a query such as 'select age, income from people'";
    throw new OptionError('readTable', 'query', `has ${show(query)}${problem}, expected ${expected}`, { cause });
  };
  let statement: Statement;
  try {
    statement = database.prepare(query);
  } catch (error) {
    return refuse(`, which SQLite refuses (${reasonOf(error)})`, error);
  }
  if (statement.columns().length === 0) refuse(', which gives no columns');
  statement.setReturnArrays(true);
  return statement;
}

async function* rowsOf(
  database: Database,
  statement: Statement,
  names: readonly string[],
  path: string,
): AsyncGenerator<readonly TableRow[], void, undefined> {
  const fault = partFault(path);
  try {
    const rows = statement.iterate();
    let count = 0;
    const next = () => {
      try {
        return rows.next();
      } catch (error) {
        // Whole numbers of 2^53 or more, besides damage.
        throw fault(`row ${count + 1} cannot be read (${reasonOf(error)}), expected numbers below 2^53 and texts`);
      }
    };
    for (let row = next(); row.done !== true; ) {
      const batch: TableRow[] = [];
      for (; row.done !== true && batch.length < BATCH_ROWS; row = next()) {
        count++;
        const location = `row ${count}`;
        const cells = row.value.map((value, c) =>
          cellOf(value, () => `${location}, column ${c + 1} (${show(names[c])})`, fault),
        );
        batch.push({ location, cells });
      }
      yield batch;
    }
  } finally {
    database.close();
  }
}
