/**
 * The bars of what a run measured, as an SVG with its own background, so that it can be read on any page. The colours
 * follow the reader's scheme, light or dark.
 */
import { numberText, type Row, type Section } from './section';

const WIDTH = 760;
const MARGIN = 24;
const LABEL_WIDTH = 190;
const VALUE_WIDTH = 56;
const LINE = 22;
const BAR = 14;
const TITLE = 44;

const STYLE = `
  text { font: 13px -apple-system, "Segoe UI", Helvetica, Arial, sans-serif; fill: #1f2328; }
  .title { font-weight: 600; }
  .faint { fill: #59636e; }
  .page { fill: #ffffff; stroke: #d1d9e0; }
  .bar { fill: #afb8c1; }
  .ours { fill: #0969da; }
  .spread { stroke: #59636e; }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3; }
    .faint { fill: #9198a1; }
    .page { fill: #0d1117; stroke: #3d444d; }
    .bar { fill: #59636e; }
    .ours { fill: #4493f8; }
    .spread { stroke: #9198a1; }
  }`;

export function drawing(sections: readonly Section[], machine: string): string {
  const parts: string[] = [];
  let top = MARGIN;
  for (const section of sections) {
    if (section.bars === undefined) continue;
    parts.push(chart(section, section.bars, top));
    top += TITLE + section.rows.length * LINE + MARGIN / 2;
  }
  const note = `${machine}. Medians; the line is where the middle half of all rounds lies. Longer bars are better.`;
  parts.push(text(MARGIN, top + 12, note, 'faint'));
  const height = top + MARGIN + 8;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img">
<title>What securest leaves of a request's speed, beside other guards</title>
<style>${STYLE}
</style>
<rect class="page" x="0.5" y="0.5" width="${WIDTH - 1}" height="${height - 1}" rx="6"/>
${parts.join('\n')}
</svg>
`;
}

function chart({ title, columns, rows }: Section, column: number, top: number): string {
  const highest = Math.max(...rows.map((row) => row.figures[column]?.high ?? 0));
  return [
    text(MARGIN, top + 14, `${title[0]?.toUpperCase() ?? ''}${title.slice(1)}`, 'title'),
    text(MARGIN, top + 32, columns[column] ?? '', 'faint'),
    ...rows.map((row, index) => barOf(row, column, top + TITLE + index * LINE, highest)),
  ].join('\n');
}

function barOf({ label, figures }: Row, column: number, top: number, highest: number): string {
  const figure = figures[column];
  if (figure === undefined) return '';
  const start = MARGIN + LABEL_WIDTH;
  const room = WIDTH - start - VALUE_WIDTH - MARGIN;
  const at = (value: number) => (start + (room * value) / highest).toFixed(1);
  const width = ((room * figure.median) / highest).toFixed(1);
  const middle = top + BAR / 2;
  const kind = label.startsWith('securest') ? 'ours' : 'bar';
  return [
    text(MARGIN, top + 12, label),
    `<rect class="${kind}" x="${start}" y="${top}" width="${width}" height="${BAR}" rx="2"/>`,
    `<line class="spread" x1="${at(figure.low)}" y1="${middle}" x2="${at(figure.high)}" y2="${middle}"/>`,
    text(WIDTH - MARGIN, top + 12, numberText(figure.median), undefined, 'end'),
  ].join('\n');
}

function text(x: number, y: number, content: string, kind?: string, anchor?: string): string {
  const attributes = [
    ...(kind === undefined ? [] : [` class="${kind}"`]),
    ...(anchor === undefined ? [] : [` text-anchor="${anchor}"`]),
  ];
  return `<text x="${x}" y="${y}"${attributes.join('')}>${escaped(content)}</text>`;
}

function escaped(content: string): string {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
