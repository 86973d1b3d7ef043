using BenchmarkDotNet.Attributes;
using Google.Protobuf;
using Microsoft.AspNetCore.Grpc.JsonTranscoding;
using Microsoft.AspNetCore.Grpc.JsonTranscoding.Json.Writing;
using Microsoft.AspNetCore.Grpc.JsonTranscoding.Schema;
using Microsoft.AspNetCore.Grpc.JsonTranscoding.Wire;
using Monitor.V1;

namespace Monitor.Benchmarks.Micro;

/// <summary>A message of a stream, with a hundred events, from its bytes to JSON. Times are of one event.</summary>
public class JsonBenchmarks
{
    private const int Events = 100;

    private readonly ByteBuffer _output = new();
    private readonly JsonWriter _writer;
    private readonly MessageSchema _schema;
    private readonly byte[] _message;

    public JsonBenchmarks()
    {
        var schemas = new SchemaCache(new GrpcJsonTranscodingOptions());
        _writer = new JsonWriter(schemas, _output);
        _schema = schemas.Get(StreamEventsResponse.Descriptor);
        var events = new SampleLog().Encoded.Take(Events).Select(encoded => Event.Parser.ParseFrom(encoded));
        _message = new StreamEventsResponse { Events = { events } }.ToByteArray();
    }

    [Benchmark(OperationsPerInvoke = Events)]
    public int WriteJson()
    {
        _output.Clear();
        _writer.Write(_schema, _message);
        return _output.Length;
    }
}
