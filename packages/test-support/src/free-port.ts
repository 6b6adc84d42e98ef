export { freePort } from 'command-line/free-port'
