// Streams events from an agent or an aggregator: node events.js PROTO_FOLDER TARGET TYPE COUNT
const grpc = require('@grpc/grpc-js');
const loader = require('@grpc/proto-loader');

const [protoFolder, target, type, count] = process.argv.slice(2);
const definition = loader.loadSync('monitor/v1/event_service.proto', {
  includeDirs: [protoFolder],
  keepCase: true, // fields by their names in the .proto file
  defaults: true, // empty lists instead of none
});
const { monitor } = grpc.loadPackageDefinition(definition);
const service = new monitor.v1.EventService(target, grpc.credentials.createInsecure());

let missing = Number(count);
const stream = service.StreamEvents({ type: [type] });
stream.on('data', ({ events, losses }) => {
  for (const loss of losses) {
    console.log(`${loss.count} events of ${loss.node_name} are missing`);
  }
  for (const event of events) {
    console.log(event.id, event.command, event.destination);
    if (--missing === 0) {
      stream.cancel();
      service.close();
      return;
    }
  }
});
stream.on('error', (error) => {
  if (missing > 0) {
    console.error(error.message);
    process.exitCode = 1;
  }
});
