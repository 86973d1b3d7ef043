using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.IO.Pipelines;
using System.Text;
using Microsoft.AspNetCore.Connections;

namespace Monitor.Server;

/// <summary>
/// Answers the first call of an HTTP/2 connection on a port that does not speak it: just enough of RFC 9113 for any
/// gRPC client to show its user the status and the message.
/// </summary>
internal static class MisdirectedGrpc
{
    private const int PrefaceLength = 24;
    private const int FrameHeaderLength = 9;
    private const byte HeadersFrame = 0x1;
    private const byte SettingsFrame = 0x4;
    private const byte GoAwayFrame = 0x7;
    private const byte Ack = 0x1;
    private const byte EndStreamAndHeaders = 0x1 | 0x4;

    // A client sends its call within its first few frames.
    private const int MaxInputBytes = 64 << 10;

    public static async Task AnswerAsync(ConnectionContext connection, string message, CancellationToken ct)
    {
        var output = connection.Transport.Output;
        WriteFrame(output, SettingsFrame, 0, 0, []);
        await output.FlushAsync(ct);
        if (await FindCallAsync(connection.Transport.Input, ct) is not { } stream)
        {
            return;
        }

        WriteFrame(output, SettingsFrame, Ack, 0, []);
        WriteFrame(output, HeadersFrame, EndStreamAndHeaders, stream, Headers(message));
        var goAway = new byte[8];
        BinaryPrimitives.WriteInt32BigEndian(goAway, stream);
        WriteFrame(output, GoAwayFrame, 0, 0, goAway);
        await output.FlushAsync(ct);
        await output.CompleteAsync();

        // Until the client closes: a close with unread input would be a reset, which may overtake the answer.
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(ct);
        patience.CancelAfter(TimeSpan.FromSeconds(2));
        while (true)
        {
            var read = await connection.Transport.Input.ReadAsync(patience.Token);
            connection.Transport.Input.AdvanceTo(read.Buffer.End);
            if (read.IsCompleted)
            {
                return;
            }
        }
    }

    // The id of the first stream that the client opens, or null where it closes before, or does not come to it.
    private static async Task<int?> FindCallAsync(PipeReader input, CancellationToken ct)
    {
        while (true)
        {
            var read = await input.ReadAsync(ct);
            var stream = FindHeaders(read.Buffer);
            if (stream is not null)
            {
                input.AdvanceTo(read.Buffer.End);
                return stream;
            }

            input.AdvanceTo(read.Buffer.Start, read.Buffer.End);
            if (read.IsCompleted || read.Buffer.Length > MaxInputBytes)
            {
                return null;
            }
        }
    }

    private static int? FindHeaders(ReadOnlySequence<byte> received)
    {
        var bytes = received.ToArray().AsSpan();
        var at = PrefaceLength;
        while (at + FrameHeaderLength <= bytes.Length)
        {
            var header = bytes[at..];
            var length = (header[0] << 16) | (header[1] << 8) | header[2];
            if (header[3] == HeadersFrame)
            {
                return BinaryPrimitives.ReadInt32BigEndian(header[5..]) & int.MaxValue;
            }

            at += FrameHeaderLength + length;
        }

        return null;
    }

    private static void WriteFrame(PipeWriter output, byte type, byte flags, int stream, ReadOnlySpan<byte> payload)
    {
        var header = output.GetSpan(FrameHeaderLength);
        header[0] = (byte)(payload.Length >> 16);
        header[1] = (byte)(payload.Length >> 8);
        header[2] = (byte)payload.Length;
        header[3] = type;
        header[4] = flags;
        BinaryPrimitives.WriteInt32BigEndian(header[5..], stream);
        output.Advance(FrameHeaderLength);
        output.Write(payload);
    }

    // RFC 7541: 0x88 is ":status: 200" of the static table; the others are literals that are not to be indexed.
    private static byte[] Headers(string message)
    {
        var block = new List<byte> { 0x88 };
        Add(block, "content-type", "application/grpc");
        Add(block, "grpc-status", ((int)Grpc.Core.StatusCode.Unimplemented).ToString(CultureInfo.InvariantCulture));
        Add(block, "grpc-message", message);
        return [.. block];
    }

    private static void Add(List<byte> block, string name, string value)
    {
        block.Add(0x00);
        foreach (var text in (string[])[name, value])
        {
            // Lengths of 7 bits; longer ones would need the continuation of an integer, and no text here is longer.
            var bytes = Encoding.ASCII.GetBytes(text);
            block.Add((byte)Math.Min(bytes.Length, 126));
            block.AddRange(bytes.Take(126));
        }
    }
}
