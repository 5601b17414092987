// Draws a dashboard from its own JSON and from what Prometheus answered to its queries, with Grafana's panel components.
// Stat, time series, bar gauge and table are of @grafana/ui; it has no heatmap, which is drawn here.
import { createRoot } from 'react-dom/client';
import { BarGauge, BigValue, GlobalStyles, PanelChrome, PortalContainer, Table, TimeSeries, VizRepeater } from '@grafana/ui';
import { FieldType, ThemeContext, createTheme, dateTime, getDisplayProcessor, toDataFrame } from '@grafana/data';
import { Heatmap } from './heatmap.jsx';

const theme = createTheme({ colors: { mode: 'dark' } });
// Grafana's grid: 24 columns, rows of 30 pixels, 8 between.
const WIDTH = 1600, GAP = 8, ROW = 30, COLUMN = (WIDTH - 16 + GAP) / 24;

const number = (text) => (Number.isFinite(parseFloat(text)) ? parseFloat(text) : null);

function legend(format, labels) {
  return format.replace(/\{\{\s*(\w+)\s*\}\}/g, (_, label) => labels[label] ?? '');
}

// Each series as a frame of a time field and a value field, configured as the panel says.
function frames(panel, answers) {
  const defaults = panel.fieldConfig.defaults;
  let index = 0;
  return answers.flatMap((answer, query) =>
    answer.result.filter((series) => series.values).map((series) => {
      const name = legend(panel.targets[query].legendFormat ?? '', series.metric) || 'value';
      const frame = toDataFrame({
        refId: answer.refId,
        fields: [
          { name: 'Time', type: FieldType.time, values: series.values.map((point) => point[0] * 1000) },
          { name: 'Value', type: FieldType.number, values: series.values.map((point) => number(point[1])), labels: series.metric },
        ],
      });
      for (const field of frame.fields.slice(1)) {
        field.config = { ...defaults, displayNameFromDS: name };
        const known = field.values.filter((value) => value !== null);
        const [min, max] = [Math.min(...known), Math.max(...known)];
        field.state = { seriesIndex: index++, range: { min, max, delta: max - min } };
        field.display = getDisplayProcessor({ field, theme, timeZone: 'utc' });
      }
      frame.fields[0].display = getDisplayProcessor({ field: frame.fields[0], theme, timeZone: 'utc' });
      return frame;
    })
  );
}

const last = (field) => {
  for (let at = field.values.length - 1; at >= 0; at--) {
    if (field.values[at] !== null) return field.values[at];
  }
  return null;
};

function Stat({ panel, answers, width, height }) {
  const [frame] = frames(panel, answers);
  const field = frame?.fields[1];
  const value = field ? field.display(last(field)) : { text: panel.fieldConfig.defaults.noValue, numeric: NaN, color: theme.colors.text.disabled };
  const sparkline = field && { x: frame.fields[0], y: field };
  return <BigValue width={width} height={height} theme={theme} value={value} sparkline={sparkline} colorMode="background" graphMode={panel.options.graphMode} textMode="value" justifyMode="auto" />;
}

function Series({ panel, answers, width, height, range }) {
  const all = frames(panel, answers);
  if (all.length === 0) return <Nothing />;
  const options = panel.options.legend;
  return <TimeSeries frames={all} width={width} height={height} timeRange={range} timeZone="utc" legend={{ ...options, calcs: options.calcs }} options={{}} />;
}

function Bars({ panel, answers, width, height }) {
  const values = frames(panel, answers).map((frame) => frame.fields[1]).filter((field) => last(field) !== null);
  if (values.length === 0) return <Nothing />;
  const max = Math.max(...values.map(last), 0);
  const render = ({ value: field, width, height, orientation, alignmentFactors }) => {
    const display = { ...field.display(last(field)), title: field.config.displayNameFromDS };
    const config = { min: 0, max, ...field.config };
    return <BarGauge width={width} height={height} theme={theme} orientation={orientation} field={config} value={display} display={field.display} displayMode="basic" showUnfilled itemSpacing={6} alignmentFactors={alignmentFactors} />;
  };
  const longest = (fields) => ({ title: fields.map((field) => field.config.displayNameFromDS).reduce((a, b) => (a.length > b.length ? a : b), ''), text: '000.0 %' });
  return <VizRepeater source={answers} getValues={() => values} getAlignmentFactors={longest} renderValue={render} width={width} height={height} renderCounter={1} orientation="horizontal" itemSpacing={6} minVizHeight={8} maxVizHeight={40} />;
}

// Instant answers merged by their labels, renamed and left out as the panel's transformations say.
function Rows({ panel, answers, width, height }) {
  const { excludeByName: hidden = {}, renameByName: names = {} } = panel.transformations.find((step) => step.id === 'organize').options;
  const rows = new Map();
  answers.forEach((answer) => answer.result.forEach((series) => {
    const labels = Object.entries(series.metric).filter(([label]) => !hidden[label] || label in names);
    const key = JSON.stringify(labels);
    const row = rows.get(key) ?? Object.fromEntries(labels);
    row[answers.length > 1 ? `Value #${answer.refId}` : 'Value'] = number(series.value[1]);
    rows.set(key, row);
  }));
  const all = [...rows.values()];
  if (all.length === 0) return <Nothing />;
  const columns = [...new Set(all.flatMap(Object.keys))];
  const first = Object.keys(panel.transformations.find((step) => step.id === 'organize').options.indexByName)[0];
  columns.sort((a, b) => (b === first) - (a === first));
  const frame = toDataFrame({ fields: columns.map((name) => {
    const isNumber = name.startsWith('Value');
    return { name: names[name] ?? name, type: isNumber ? FieldType.number : FieldType.string, values: all.map((row) => row[name] ?? null) };
  }) });
  for (const field of frame.fields) {
    const config = { custom: { cellOptions: { type: 'auto' } }, ...panel.fieldConfig.defaults };
    config.custom = { ...config.custom };
    for (const override of panel.fieldConfig.overrides.filter((one) => one.matcher.options === field.name)) {
      for (const { id, value } of override.properties) {
        if (id.startsWith('custom.')) config.custom[id.slice(7)] = value; else config[id] = value;
      }
    }
    field.config = field.type === FieldType.number ? config : { custom: config.custom };
    field.display = getDisplayProcessor({ field, theme, timeZone: 'utc' });
  }
  return <Table data={frame} width={width} height={height} columnMinWidth={100} cellHeight="sm" />;
}

const Nothing = () => <div style={{ color: theme.colors.text.secondary, padding: 16 }}>No data</div>;

const KINDS = { stat: Stat, timeseries: Series, bargauge: Bars, table: Rows, heatmap: Heatmap };

function Place({ at, children }) {
  const box = { position: 'absolute', left: at.x * COLUMN, top: at.y * (ROW + GAP), width: at.w * COLUMN - GAP, height: at.h * (ROW + GAP) - GAP };
  return <div style={box}>{children(box.width, box.height)}</div>;
}

function Panel({ panel, answers, range }) {
  if (panel.type === 'row') {
    return <Place at={panel.gridPos}>{() => <div style={{ fontSize: 16, fontWeight: 500, paddingTop: 6 }}>{panel.title}</div>}</Place>;
  }
  const Kind = KINDS[panel.type];
  return (
    <Place at={panel.gridPos}>
      {(width, height) => (
        <PanelChrome title={panel.title} description={panel.description} width={width} height={height}>
          {(innerWidth, innerHeight) => <Kind panel={panel} answers={answers} width={innerWidth} height={innerHeight} range={range} />}
        </PanelChrome>
      )}
    </Place>
  );
}

function Board({ dashboard, results, range, note }) {
  const height = Math.max(...dashboard.panels.map((panel) => panel.gridPos.y + panel.gridPos.h)) * (ROW + GAP);
  const chips = dashboard.templating.list.filter((one) => one.type === 'query').map((one) => `${one.label}: All`);
  const span = `${range.from.utc().format('YYYY-MM-DD HH:mm:ss')} to ${range.to.utc().format('HH:mm:ss')} UTC`;
  return (
    <ThemeContext.Provider value={theme}>
      <GlobalStyles />
      <PortalContainer />
      <div id="board" style={{ width: WIDTH, padding: 8, boxSizing: 'border-box', background: theme.colors.background.canvas }}>
        <div style={{ display: 'flex', alignItems: 'center', gap: 12, padding: '4px 4px 12px' }}>
          <span style={{ fontSize: 20, fontWeight: 500 }}>{dashboard.title}</span>
          {chips.map((chip) => <span key={chip} style={{ padding: '2px 8px', border: `1px solid ${theme.colors.border.medium}`, borderRadius: 4, fontSize: 12 }}>{chip}</span>)}
          <span style={{ marginLeft: 'auto', color: theme.colors.text.secondary, fontSize: 13 }}>{span}</span>
        </div>
        <div style={{ position: 'relative', height }}>
          {dashboard.panels.map((panel) => <Panel key={panel.id} panel={panel} answers={results[panel.id] ?? []} range={range} />)}
        </div>
        <div style={{ color: theme.colors.text.secondary, fontSize: 12, padding: '8px 4px' }}>{note}</div>
      </div>
    </ThemeContext.Provider>
  );
}

window.draw = ({ dashboard, results, began, ended, note }) => {
  const [from, to] = [dateTime(began * 1000), dateTime(ended * 1000)];
  const range = { from, to, raw: { from, to } };
  createRoot(document.getElementById('root')).render(<Board dashboard={dashboard} results={results} range={range} note={note} />);
};
