using System.Buffers;
using System.Text;
using Microsoft.AspNetCore.Grpc.JsonTranscoding.Wire;

namespace Microsoft.AspNetCore.Grpc.JsonTranscoding.Json.Writing;

/// <summary>UTF-8 bytes as JSON strings.</summary>
internal static class JsonText
{
    // Printable ASCII but for the quote and the backslash: what is copied as it is.
    private static readonly SearchValues<byte> Plain = SearchValues.Create(
        [.. Enumerable.Range(0x20, 0x7F - 0x20).Where(c => c is not ('"' or '\\')).Select(c => (byte)c)]);

    /// <summary>
    /// Writes a quoted string. Only what JSON requires is escaped; bytes that are not UTF-8 become U+FFFD, as they do
    /// when Google.Protobuf reads them.
    /// </summary>
    public static void WriteString(this ByteBuffer output, ReadOnlySpan<byte> utf8)
    {
        var special = utf8.IndexOfAnyExcept(Plain);
        if (special < 0)
        {
            var span = output.Reserve(utf8.Length + 2);
            span[0] = (byte)'"';
            utf8.CopyTo(span[1..]);
            span[utf8.Length + 1] = (byte)'"';
            output.Advance(utf8.Length + 2);
            return;
        }

        output.WriteByte((byte)'"');
        while (special >= 0)
        {
            output.Write(utf8[..special]);
            utf8 = utf8[(special + (utf8[special] < 0x80 ? WriteEscape(output, utf8[special]) : WriteRune(output, utf8[special..])))..];
            special = utf8.IndexOfAnyExcept(Plain);
        }

        output.Write(utf8);
        output.WriteByte((byte)'"');
    }

    private static int WriteEscape(ByteBuffer output, byte value)
    {
        ReadOnlySpan<byte> escape = value switch
        {
            (byte)'"' => "\\\""u8,
            (byte)'\\' => "\\\\"u8,
            (byte)'\n' => "\\n"u8,
            (byte)'\r' => "\\r"u8,
            (byte)'\t' => "\\t"u8,
            (byte)'\b' => "\\b"u8,
            (byte)'\f' => "\\f"u8,
            _ => [],
        };
        if (!escape.IsEmpty)
        {
            output.Write(escape);
            return 1;
        }

        var span = output.Reserve(6);
        "\\u00"u8.CopyTo(span);
        span[4] = (byte)"0123456789abcdef"[value >> 4];
        span[5] = (byte)"0123456789abcdef"[value & 0xF];
        output.Advance(6);
        return 1;
    }

    private static int WriteRune(ByteBuffer output, ReadOnlySpan<byte> utf8)
    {
        var status = Rune.DecodeFromUtf8(utf8, out _, out var length);
        output.Write(status == OperationStatus.Done ? utf8[..length] : "\uFFFD"u8);
        return length;
    }
}
