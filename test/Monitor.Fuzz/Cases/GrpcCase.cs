using System.Net;
using System.Net.Http.Headers;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;
using Grpc.Health.V1;
using Grpc.Reflection.V1;
using Monitor.Fuzz.Inputs;
using Monitor.Fuzz.Running;
using Monitor.V1;

namespace Monitor.Fuzz.Cases;

/// <summary>Calls of all methods whose messages were right once, with metadata of all kinds: an answer or a status that is the
/// client's fault.</summary>
internal sealed class GrpcCase : FuzzCase, IDisposable
{
    private static readonly TimeSpan StreamPatience = TimeSpan.FromMilliseconds(30);

    private static readonly MethodDescriptor[] Methods =
        [
            .. new[]
            {
                EventService.Descriptor, ConnectionService.Descriptor, ExplainService.Descriptor, ExportService.Descriptor, FlowService.Descriptor,
                ProgramService.Descriptor, StatusService.Descriptor, Health.Descriptor, ServerReflection.Descriptor,
            }.SelectMany(service => service.Methods),
        ];

    private static readonly (string Name, string Value)[] Metadata =
        [
            ("grpc-timeout", "1n"), ("grpc-timeout", "x"), ("grpc-timeout", "99999999H"), ("grpc-timeout", "-1S"), ("grpc-encoding", "gzip"),
            ("grpc-encoding", "deflate"), ("grpc-encoding", "identity"), ("grpc-encoding", ""), ("grpc-encoding", "GZIP"), ("grpc-encoding", "nonsense"), ("grpc-accept-encoding", "gzip,x"), ("a-bin", "!"), ("a-bin", "AAAA"), ("authorization", "Bearer x"),
            ("authorization", "Bearer"), ("te", "x"), ("user-agent", "a"), ("content-encoding", "gzip"),
        ];

    private static readonly string[] Texts =
        ["connection", "", "x", "10.0.0.0/8", "\ud83d\ude00", "IQEjRWeJq83v", "0123456789abcdef-3", "2026-01-01T00:00:00Z", "curl", "TCP"];

    private readonly HttpClient _client = new(new SocketsHttpHandler { EnableMultipleHttp2Connections = true });

    public override string Name => "grpc";

    public override int ShortInputs => 5000;

    public override int Workers => 4;

    public override async Task TryAsync(Random random, FuzzContext context)
    {
        var method = Methods[random.Next(Methods.Length)];
        var message = Damage.Of(Fill(method.InputType, random, context).ToByteArray(), random, most: random.Next(3) == 0 ? 0 : 6);
        byte[] framed = [0, (byte)(message.Length >> 24), (byte)(message.Length >> 16), (byte)(message.Length >> 8), (byte)message.Length, .. message];
        framed[0] = (byte)(random.Next(20) == 0 ? 1 : 0);
        framed = random.Next(10) == 0 ? Damage.Of(framed, random) : framed;
        var secured = random.Next(5) == 0;
        using var request = new HttpRequestMessage(HttpMethod.Post, $"http://{context.Server.Grpc(secured)}/{method.Service.FullName}/{(random.Next(20) == 0 ? method.Name.ToUpperInvariant() : method.Name)}")
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent(framed),
        };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue(random.Next(20) == 0 ? "application/grpc+json" : "application/grpc");
        for (var n = random.Next(3); n > 0; n--)
        {
            var (name, value) = Metadata[random.Next(Metadata.Length)];
            request.Headers.TryAddWithoutValidation(name, value);
        }

        var shown = $"{method.FullName} secured={secured} {request.Headers.ToString().ReplaceLineEndings(" ")}{Convert.ToHexString(framed)}";
        var status = await CallAsync(request, method.IsServerStreaming);
        context.Count(status);
        // INTERNAL, UNKNOWN and UNAVAILABLE are faults of the server.
        if (status is "2" or "13" or "14" or "500" || (secured && status == "0" && method.Service.FullName.StartsWith("monitor.", StringComparison.Ordinal) && method.Name != "GetHealth"))
        {
            throw new FuzzException($"status {status}", shown);
        }
    }

    public void Dispose() => _client.Dispose();

    private async Task<string> CallAsync(HttpRequestMessage request, bool isStream)
    {
        using var patience = new CancellationTokenSource(isStream ? StreamPatience : TimeSpan.FromSeconds(20));
        try
        {
            using var response = await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, patience.Token);
            if (response.StatusCode != HttpStatusCode.OK)
            {
                return ((int)response.StatusCode).ToString(System.Globalization.CultureInfo.InvariantCulture);
            }

            await response.Content.CopyToAsync(Stream.Null, patience.Token);
            return response.TrailingHeaders.TryGetValues("grpc-status", out var status) || response.Headers.TryGetValues("grpc-status", out status)
                ? status.First()
                : "none";
        }
        catch (OperationCanceledException) when (isStream)
        {
            return "stream";
        }
        catch (Exception failure) when (failure is HttpRequestException or IOException)
        {
            // A deadline ends the stream of HTTP/2, too.
            return "reset";
        }
    }

    private static IMessage Fill(MessageDescriptor type, Random random, FuzzContext context)
    {
        var message = type.Parser.ParseFrom(ByteString.Empty);
        foreach (var field in type.Fields.InFieldNumberOrder().Where(_ => random.Next(3) == 0))
        {
            for (var n = field.IsRepeated ? random.Next(4) : 1; n > 0; n--)
            {
                var value = Value(field, random, context);
                if (field.IsRepeated)
                {
                    ((System.Collections.IList)field.Accessor.GetValue(message)).Add(value);
                }
                else
                {
                    field.Accessor.SetValue(message, value);
                }
            }
        }

        return message;
    }

    private static object Value(FieldDescriptor field, Random random, FuzzContext context) => field.FieldType switch
    {
        FieldType.Bool => random.Next(2) == 0,
        FieldType.UInt32 => (uint)random.NextInt64(uint.MaxValue),
        FieldType.UInt64 => (ulong)random.NextInt64(-10, 10),
        FieldType.Int32 => random.Next(3) == 0 ? random.Next(int.MinValue, int.MaxValue) : random.Next(200),
        FieldType.Message when field.MessageType == Timestamp.Descriptor =>
            new Timestamp { Seconds = random.NextInt64(-1L << 40, 1L << 40), Nanos = random.Next(-1, 1_000_000_000) },
        FieldType.Message when field.MessageType == Duration.Descriptor =>
            new Duration { Seconds = random.Next(-1, 3), Nanos = random.Next(-1, 1_000_000_000) },
        FieldType.Message => Fill(field.MessageType, random, context),
        _ => field.Name == "resume_token" && random.Next(2) == 0 ? context.Server.ResumeToken : Texts[random.Next(Texts.Length)],
    };
}
