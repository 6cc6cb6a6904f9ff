import { show, showPath } from '@gradloom/core/internal';
import { Tokenizer, TokenParser, TokenType } from '@streamparser/json';
import { MAX_TEXT_RATIO, openBytes } from '../../system/files/byte-source.ts';
import { readText } from '../read-text.ts';
import { MOST_CHARACTERS } from './csv-records.ts';
import { type JsonRow, openJsonRows, ROW_WANTED } from './json-rows.ts';
import type { TableReader, TableReadOptions } from './table-reader.ts';

/**
 * Opens a JSON file that is one array of rows, plain or gzipped: objects by column name, or arrays of cells. It is read
 * in parts, never as a whole.
 */
export const openJsonArray = (path: string, options: TableReadOptions): Promise<TableReader> =>
  openJsonRows(
    options,
    (problem) => new Error(`readTable: ${showPath(path)}: ${problem}`),
    () => elementsOf(path),
  );

async function* elementsOf(path: string): AsyncGenerator<readonly JsonRow[]> {
  const fault = (has: string, expected: string, cause?: unknown) =>
    new Error(`readTable: ${showPath(path)} has ${has}, expected ${expected}`, { cause });
  const source = await openBytes('readTable', path, 'a JSON file with an array of rows', MAX_TEXT_RATIO);
  const elements = createElements((problem) => new Error(`readTable: ${showPath(path)}: ${problem}`));
  const tokenizer = new Tokenizer();
  tokenizer.onToken = elements.add;
  let open = 0; // lower bound of the characters since the end of a row
  /** Runs the tokenizer and adds the row to its errors. */
  const feed = (work: () => void): void => {
    try {
      work();
    } catch (error) {
      if (!(error instanceof Error) || error.message.startsWith('readTable:')) throw error;
      throw fault(`invalid JSON in row ${elements.count() + 1}`, 'an array of rows, [{…}, {…}]', error);
    }
  };
  try {
    for await (const text of readText(source, fault)) {
      feed(() => tokenizer.write(text));
      const rows = elements.take();
      open = rows.length === 0 ? open + text.length : 0;
      if (open > MOST_CHARACTERS) {
        throw fault(`more than ${MOST_CHARACTERS} characters in row ${elements.count() + 1}`, 'a shorter one');
      }
      yield rows;
    }
    feed(() => tokenizer.end());
    if (!elements.isWhole()) throw fault(`no end: row ${elements.count() + 1} or the list is cut off`, 'a whole array');
  } finally {
    await source.close();
  }
}

interface Token {
  readonly token: TokenType;
  readonly value: unknown;
}

/** Handles the next token and returns the handler of the one after that. */
type Step = (token: Token) => Step;

/** Assembles the elements of an array from its tokens. Each is an object or an array. */
function createElements(fault: (problem: string) => Error) {
  let rows: JsonRow[] = [];
  let count = 0; // completed rows
  let fields: Record<string, unknown> = {};
  let cells: unknown[] = [];
  let name = '';

  const syntax = ({ value }: Token, wanted: string): Error =>
    fault(`row ${count + 1} has ${show(value)} where JSON has ${wanted}, expected an array of rows, [{…}, {…}]`);

  const start: Step = (token) => {
    if (token.token === TokenType.LEFT_BRACKET) return rowOrEnd;
    const advice = '[{…}, {…}] (name a file with a row a line .jsonl)';
    const has = token.token === TokenType.LEFT_BRACE ? 'an object' : show(token.value);
    throw fault(`the file has ${has} at its beginning, expected an array of rows, ${advice}`);
  };
  const rowOrEnd: Step = (token) => (token.token === TokenType.RIGHT_BRACKET ? end : row(token));
  const row: Step = (token) => {
    if (token.token === TokenType.LEFT_BRACE) {
      fields = Object.create(null); // no prototype, so that __proto__ is a name like any other
      return keyOrEnd;
    }
    if (token.token === TokenType.LEFT_BRACKET) {
      cells = [];
      return cellOrEnd;
    }
    throw fault(`row ${count + 1} has ${show(token.value)}, expected ${ROW_WANTED}`);
  };
  const keyOrEnd: Step = (token) => (token.token === TokenType.RIGHT_BRACE ? finish(fields) : key(token));
  const key: Step = (token) => {
    if (token.token !== TokenType.STRING) throw syntax(token, 'the name of a column');
    name = String(token.value);
    if (Object.hasOwn(fields, name)) throw fault(`row ${count + 1} has ${show(name)} twice, expected each name once`);
    return colon;
  };
  const colon: Step = (token) => {
    if (token.token === TokenType.COLON) return field;
    throw syntax(token, 'a colon');
  };
  const field: Step = (token) =>
    valueFrom(token, (value) => {
      fields[name] = value;
      return nextField;
    });
  const nextField: Step = (token) => {
    if (token.token === TokenType.COMMA) return key;
    if (token.token === TokenType.RIGHT_BRACE) return finish(fields);
    throw syntax(token, 'a comma');
  };
  const cellOrEnd: Step = (token) => (token.token === TokenType.RIGHT_BRACKET ? finish(cells) : cell(token));
  const cell: Step = (token) =>
    valueFrom(token, (value) => {
      cells.push(value);
      return nextCell;
    });
  const nextCell: Step = (token) => {
    if (token.token === TokenType.COMMA) return cell;
    if (token.token === TokenType.RIGHT_BRACKET) return finish(cells);
    throw syntax(token, 'a comma');
  };
  const finish = (value: unknown): Step => {
    count++;
    rows.push({ place: `row ${count}`, value });
    return nextRow;
  };
  const nextRow: Step = (token) => {
    if (token.token === TokenType.COMMA) return row;
    if (token.token === TokenType.RIGHT_BRACKET) return end;
    throw syntax(token, 'a comma');
  };
  const end: Step = (token) => {
    throw fault(`the file has ${show(token.value)} after its array, expected nothing`);
  };

  /** Reads the value that a token begins, a list or an object to its end, and goes on with `then`. */
  const valueFrom = (token: Token, then: (value: unknown) => Step): Step => {
    const { token: kind, value } = token;
    if (kind !== TokenType.LEFT_BRACE && kind !== TokenType.LEFT_BRACKET) {
      if (typeof value === 'string' && kind !== TokenType.STRING) throw syntax(token, 'a value');
      return then(value);
    }
    let next: Step | undefined;
    const parser = new TokenParser({ paths: ['$'] });
    parser.onValue = ({ value: whole }) => {
      next = then(whole);
    };
    const more: Step = (part) => {
      parser.write(part as Parameters<typeof parser.write>[0]);
      return next ?? more;
    };
    return more(token);
  };

  let step = start;
  return {
    add(token: Token): void {
      step = step(token);
    },
    count: () => count,
    isWhole: () => step === end,
    /** Returns the rows completed since the last call. */
    take(): readonly JsonRow[] {
      const taken = rows;
      rows = [];
      return taken;
    },
  };
}
