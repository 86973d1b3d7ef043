using System.Diagnostics;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using JsonTranscoding.Tests.Protos;
using Microsoft.AspNetCore.Grpc.JsonTranscoding.Json.Writing;
using Microsoft.AspNetCore.Grpc.JsonTranscoding.Schema;
using Microsoft.AspNetCore.Grpc.JsonTranscoding.Wire;

namespace JsonTranscoding.Tests.Json;

/// <summary>What writing costs: nothing on the heap, and little time.</summary>
internal sealed class SpeedTests
{
    private const int Rounds = 20_000;

    [Test]
    public void Write_Event_AllocatesNothing()
    {
        var wire = Event().ToByteArray();
        var schemas = new JsonHarness().Schemas;
        var schema = schemas.Get(FlatEvent.Descriptor);
        using var json = new ByteBuffer();
        var writer = new JsonWriter(schemas, json);
        Write(writer, schema, wire, json, 100);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Write(writer, schema, wire, json, 1000);

        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);
    }

    [Test]
    [Explicit("A measurement; run it with -c Release.")]
    public void Write_Event_TakesMicroseconds()
    {
        var wire = Event().ToByteArray();
        var schemas = new JsonHarness().Schemas;
        var schema = schemas.Get(FlatEvent.Descriptor);
        using var json = new ByteBuffer();
        var writer = new JsonWriter(schemas, json);
        Write(writer, schema, wire, json, Rounds);
        Write(writer, schema, wire, json, Rounds);
        var watch = Stopwatch.StartNew();
        Write(writer, schema, wire, json, Rounds);
        var micros = watch.Elapsed.TotalMicroseconds / Rounds;

        TestContext.Out.WriteLine($"{wire.Length} bytes to {json.Length} bytes of JSON in {micros:F2} µs");
        Assert.That(micros, Is.LessThan(5));
    }

    private static void Write(JsonWriter writer, MessageSchema schema, byte[] wire, ByteBuffer json, int rounds)
    {
        for (var i = 0; i < rounds; i++)
        {
            json.Clear();
            writer.Write(schema, wire);
        }
    }

    private static FlatEvent Event() => new()
    {
        Id = "0198e6a1c2f34b7d-1234567",
        Type = "connection",
        Sequence = 1234567,
        Timestamp = 83_456_789_012_345,
        Time = new Timestamp { Seconds = 1_763_800_000, Nanos = 123_456_789 },
        NodeName = "node-1",
        K8SNodeName = "node-1.example.org",
        K8SPodName = "web-7d9f8c6b5-x2x4z",
        K8SNamespace = "default",
        K8SContainerName = "web",
        Pid = 12345,
        Tid = 12346,
        Uid = 1000,
        Command = "curl",
        CgroupId = 987654321,
        NetworkNamespace = 4026531840,
        AddressFamily = "AF_INET",
        Protocol = "TCP",
        SocketType = "SOCK_STREAM",
        SourceIp = "10.244.1.17",
        SourcePort = 45678,
        DestinationIp = "93.184.216.34",
        DestinationPort = 443,
        Destination = "93.184.216.34:443",
        Detail = new FlatEvent.Types.Detail { ReturnCode = -111, ErrorName = "ECONNREFUSED" },
    };
}
