// A heatmap of a histogram's buckets over time. @grafana/ui has none, so this is not Grafana's.
import { useEffect, useRef } from 'react';
import { getValueFormat, formattedValueToString } from '@grafana/data';

// Viridis (Smith, van der Walt 2015), at nine places.
const COLOURS = ['#440154', '#472d7b', '#3b528b', '#2c728e', '#21918c', '#28ae80', '#5ec962', '#addc30', '#fde725'];
const LEFT = 64, BOTTOM = 24;

export function Heatmap({ panel, answers, width, height, range }) {
  const canvas = useRef(null);
  // Buckets are cumulative: each less the one below it.
  const bounds = (answers[0]?.result ?? [])
    .map((series) => ({ le: parseFloat(series.metric.le.replace('+Inf', 'Infinity')), points: new Map(series.values.map(([at, value]) => [at, parseFloat(value)])) }))
    .sort((a, b) => a.le - b.le);
  const times = [...new Set(bounds.flatMap((bound) => [...bound.points.keys()]))].sort((a, b) => a - b);
  const unit = getValueFormat(panel.options.yAxis?.unit ?? 'short');
  const name = (value) => (Number.isFinite(value) ? `≤ ${formattedValueToString(unit(value))}` : 'more');

  useEffect(() => {
    const ratio = window.devicePixelRatio || 1;
    const context = canvas.current.getContext('2d');
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, width, height);
    const cells = bounds.map((bound, row) => times.map((at) => Math.max((bound.points.get(at) ?? 0) - (row ? bounds[row - 1].points.get(at) ?? 0 : 0), 0)));
    const most = Math.max(...cells.flat(), 1e-9);
    const [from, to] = [range.from.valueOf() / 1000, range.to.valueOf() / 1000];
    const x = (at) => LEFT + ((at - from) / (to - from)) * (width - LEFT - 8);
    const tall = (height - BOTTOM) / bounds.length;
    const wide = times.length > 1 ? x(times[1]) - x(times[0]) : 4;
    cells.forEach((row, index) => row.forEach((value, at) => {
      if (value <= 0) return;
      const share = Math.sqrt(value / most);
      context.fillStyle = COLOURS[Math.min(Math.floor(share * COLOURS.length), COLOURS.length - 1)];
      context.fillRect(x(times[at]) - wide, height - BOTTOM - (index + 1) * tall, Math.max(wide - 0.5, 1), tall - 1);
    }));
    context.font = '12px Inter, DejaVu Sans, sans-serif';
    context.fillStyle = '#ccccdc';
    context.textAlign = 'right';
    const every = Math.ceil(bounds.length / Math.max(Math.floor((height - BOTTOM) / 16), 1));
    bounds.forEach((bound, index) => {
      if (index % every === 0) context.fillText(name(bound.le), LEFT - 6, height - BOTTOM - (index + 0.5) * tall + 4);
    });
    context.textAlign = 'center';
    const places = Math.max(Math.floor(width / 120), 2);
    for (let place = 0; place <= places; place++) {
      const at = from + ((to - from) * place) / places;
      context.fillText(new Date(at * 1000).toISOString().slice(11, 19), Math.min(Math.max(x(at), LEFT + 20), width - 32), height - 6);
    }
  });
  const ratio = window.devicePixelRatio || 1;
  return <canvas ref={canvas} width={width * ratio} height={height * ratio} style={{ width, height }} />;
}
