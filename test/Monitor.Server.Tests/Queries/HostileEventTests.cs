using System.Net;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;
using Monitor.Events;
using Monitor.Protocol;
using Monitor.Server.Tests.Support;
using Monitor.V1;

namespace Monitor.Server.Tests.Queries;

/// <summary>An aggregator stores what agents send, as far as it is well-formed: any values, times and names. Whoever asks is answered.</summary>
internal sealed class HostileEventTests
{
    private const int Events = 300;

    private static readonly string[] Texts =
    [
        "", "a", "TCP", "UDP", "node-1", "192.0.2.1", "2001:db8::1", "999.1.1.1", "connection", "dns", "a\0b", "\n\"'\\{}<>", "\uFFFF\U0010FFFF", "é",
        "example.test.", "0123456789abcdef-1", new string('x', 300),
    ];

    [Test]
    public async Task Events_OfAnyValues_AreAnsweredByAll([Range(1, 3)] int seed)
    {
        await using var server = await TestServer.StartAsync();
        var random = new Random(seed);
        var ids = new List<string>();
        for (var tried = 0; ids.Count < Events; tried++)
        {
            Assert.That(tried, Is.LessThan(100_000), "nothing is well-formed");
            var made = new Event();
            Fill(made, random, depth: 0);
            made.Sequence = server.Log.NextSequence;
            made.Id = EventId.Format(server.Log.Epoch, made.Sequence);
            var bytes = made.ToByteArray();
            if (EventColumns.TryParse(bytes, server.Log.Types, out var columns) && server.Log.Append(columns, bytes))
            {
                ids.Add(made.Id);
            }
        }

        server.Log.Publish();
        string[] paths =
        [
            "/api/events?limit=10000", "/api/list-connections", "/api/list-packet-drops", "/api/flows?since=0001-01-01T00:00:00Z", "/api/flows?group_by=process&since=0001-01-01T00:00:00Z",
            "/api/connection-summary?duration_seconds=2678400&interval_seconds=2679", "/api/packet-drop-summary?duration_seconds=2678400&interval_seconds=2679",
            "/api/events/export?until=9999-01-01T00:00:00Z", "/api/events/export?format=parquet&until=9999-01-01T00:00:00Z", "/metrics", "/api/stats",
            .. ids.Select(id => $"/api/explain?event_id={id}"),
        ];
        var failed = new List<string>();
        foreach (var path in paths)
        {
            try
            {
                using var response = await server.Http.GetAsync(path);
                var body = await response.Content.ReadAsByteArrayAsync();
                if (response.StatusCode != HttpStatusCode.OK || body.Length == 0)
                {
                    failed.Add($"{path}: {response.StatusCode} {System.Text.Encoding.UTF8.GetString(body)}");
                }
            }
            catch (HttpRequestException broken)
            {
                failed.Add($"{path}: {broken.Message}");
            }
        }

        Assert.That(failed, Is.Empty);
    }

    [Test]
    public async Task Programs_OfAnyValues_AreAnsweredByAll([Range(1, 3)] int seed)
    {
        await using var server = await TestServer.StartAsync();
        var random = new Random(seed);
        string[] paths = ["/api/programs", "/api/monitors", "/api/stats", "/metrics", "/openapi.json", "/health", "/api/events"];
        for (var round = 0; round < 40; round++)
        {
            var programs = Enumerable.Range(0, 20).Select(_ => new Program()).ToList();
            foreach (var program in programs)
            {
                Fill(program, random, depth: 0);
                // An aggregator leaves out durations that are none.
                program.RunTimePerEvent = null;
                program.Hooks.Select(hook => hook.RunStats).OfType<HookRunStats>().ToList().ForEach(stats => stats.RunTime = null);
            }

            server.Programs.Programs = programs;
            foreach (var path in paths)
            {
                using var response = await server.Http.GetAsync(path);
                // The whole may be unhealthy.
                Assert.That(response.IsSuccessStatusCode || path == "/health", Is.True, $"round {round}, {path}: {await response.Content.ReadAsStringAsync()}");
            }
        }
    }

    // Half of the fields, each with a value that its type can have.
    private static void Fill(IMessage message, Random random, int depth)
    {
        if (message is Timestamp time)
        {
            time.Seconds = Pick<long>(random, 0, 1_767_225_600, -1, 9_223_372_036, 4_000_000_000, random.NextInt64());
            time.Nanos = Pick(random, 0, 1, 999_999_999, -1, int.MaxValue);
            return;
        }

        if (message is Duration duration)
        {
            duration.Seconds = Pick(random, 0, 1, -1, 315_576_000_000, 9_300_000_000, random.NextInt64());
            duration.Nanos = Pick(random, 0, 1, 999_999_999, -1, int.MinValue);
            return;
        }

        foreach (var field in message.Descriptor.Fields.InDeclarationOrder())
        {
            if (random.Next(2) == 0 || depth > 4)
            {
                continue;
            }

            if (field.IsMap)
            {
                var map = (System.Collections.IDictionary)field.Accessor.GetValue(message);
                map[ValueOf(field.MessageType.Fields[1], random, depth)] = ValueOf(field.MessageType.Fields[2], random, depth);
            }
            else if (field.IsRepeated)
            {
                var list = (System.Collections.IList)field.Accessor.GetValue(message);
                for (var count = random.Next(4); count > 0; count--)
                {
                    list.Add(ValueOf(field, random, depth));
                }
            }
            else
            {
                field.Accessor.SetValue(message, ValueOf(field, random, depth));
            }
        }
    }

    private static object ValueOf(FieldDescriptor field, Random random, int depth)
    {
        switch (field.FieldType)
        {
            case FieldType.Message:
                var message = field.MessageType.Parser.ParseFrom(ByteString.Empty);
                Fill(message, random, depth + 1);
                return message;
            case FieldType.String: return Pick(random, Texts);
            case FieldType.Bytes: return ByteString.CopyFrom(new byte[random.Next(20)]);
            case FieldType.Bool: return random.Next(2) == 0;
            case FieldType.Enum: return Pick(random, 0, 1, 2, 3, 99, -1);
            case FieldType.Double: return Pick(random, 0, double.NaN, double.PositiveInfinity, -1, 1e300);
            case FieldType.Float: return Pick(random, 0, float.NaN, float.NegativeInfinity);
            case FieldType.Int32 or FieldType.SInt32 or FieldType.SFixed32: return Pick(random, 0, 1, -1, int.MaxValue, int.MinValue);
            case FieldType.UInt32 or FieldType.Fixed32: return Pick(random, 0u, 1u, 443u, 65_536u, uint.MaxValue);
            case FieldType.Int64 or FieldType.SInt64 or FieldType.SFixed64: return Pick(random, 0L, 1L, -1L, long.MaxValue, long.MinValue);
            default: return Pick(random, 0ul, 1ul, ulong.MaxValue, (ulong)long.MaxValue);
        }
    }

    private static T Pick<T>(Random random, params T[] values) => values[random.Next(values.Length)];
}
