import { parser } from '@prometheus-io/lezer-promql'

export type Expression = {
  /** Where the grammar of Prometheus does not go on. */
  readonly errors: readonly string[]
  readonly metrics: readonly string[]
  /** Of series: what is grouped by, and what is matched. */
  readonly labels: readonly string[]
}

/** Parses an expression with the grammar of Prometheus' user interface. Grafana's variables are filled in first. */
export function readPromql(expression: string): Expression {
  const text = expression.replaceAll(/\$__(range|rate_interval)/g, '5m').replaceAll(/\$\w+/g, '50')
  const errors: string[] = []
  const metrics: string[] = []
  const labels: string[] = []
  parser.parse(text).iterate({
    enter: (node) => {
      const written = text.slice(node.from, node.to)
      if (node.type.isError) errors.push(`${text} at ${node.from}`)
      if (node.name === 'Identifier' && node.matchContext(['VectorSelector'])) metrics.push(written)
      if (node.name === 'LabelName') labels.push(written)
    },
  })
  return { errors, metrics, labels }
}
