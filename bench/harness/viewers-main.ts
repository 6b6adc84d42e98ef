import { connect } from 'node:net'

// Browsers that follow a dashboard and forget what they read, in a process of their own, so that their cost is not the dashboard's.
const [url = '', count = '1'] = process.argv.slice(2)
const { hostname, port, pathname } = new URL('api/live', url)

for (let viewer = 0; viewer < Number(count); viewer++) {
  const socket = connect(Number(port), hostname)
  socket.write(`GET ${pathname} HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n`)
  socket.once('data', () => process.send?.('admitted'))
  socket.on('data', () => {})
}
