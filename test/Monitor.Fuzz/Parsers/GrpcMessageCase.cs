using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using Google.Protobuf;
using Monitor.Fuzz.Inputs;
using Monitor.Fuzz.Running;
using Monitor.Server;
using Monitor.V1;

namespace Monitor.Fuzz.Parsers;

/// <summary>Messages of gRPC with their prefix, compressed or not: refused, or what a request can be parsed from.</summary>
internal sealed class GrpcMessageCase : ParserCase
{
    private const int MaxBytes = 64 << 10;

    private static readonly string?[] Encodings = [null, "gzip", "deflate", "identity", "", "br"];

    private static readonly byte[] Message =
        new ListEventsRequest { Type = { "connection" }, SourceIp = { "10.0.0.0/8" }, Pid = { 4242 }, Limit = 10, PageToken = "IQEjRWeJq83v" }.ToByteArray();

    public override string Name => "grpc-messages";

    public override int ShortInputs => 20_000;

    // First the encoding that the call names.
    public override byte[] Make(Random random)
    {
        var encoding = (byte)random.Next(Encodings.Length);
        var message = random.Next(2) == 0 ? Damage.Of(Message, random) : Message;
        var isCompressed = random.Next(3) > 0;
        if (isCompressed && Encodings[encoding] is "gzip" or "deflate")
        {
            message = Compressed(message, Encodings[encoding] == "gzip");
        }

        byte[] framed = [(byte)(isCompressed ? 1 : 0), 0, 0, 0, 0, .. message];
        BinaryPrimitives.WriteInt32BigEndian(framed.AsSpan(1), message.Length);
        return [encoding, .. random.Next(2) == 0 ? Damage.Of(framed, random) : framed];
    }

    protected override string Parse(byte[] input)
    {
        var encoding = Encodings[input.Length == 0 ? 0 : input[0] % Encodings.Length];
        var framed = input.AsSpan(Math.Min(1, input.Length));
        if (GrpcMessageCheck.Read("/monitor.v1.EventService/ListEvents", encoding, framed, MaxBytes) is not { } request)
        {
            return "refused";
        }

        if (request[0] == 0)
        {
            ListEventsRequest.Parser.ParseFrom(request.AsSpan(GrpcMessageCheck.PrefixLength));
            return framed[0] == 0 ? "accepted" : $"accepted, {encoding}";
        }

        // gRPC answers INTERNAL to these.
        return encoding is null or "" or "identity" or "gzip" or "deflate"
            ? throw new FuzzException("left compressed", Encoding.Latin1.GetString(input))
            : $"accepted, {encoding}";
    }

    private static byte[] Compressed(byte[] message, bool isGzip)
    {
        using var packed = new MemoryStream();
        using (Stream pack = isGzip ? new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true) : new ZLibStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            pack.Write(message);
        }

        return packed.ToArray();
    }
}
