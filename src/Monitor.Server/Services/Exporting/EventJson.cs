using System.Globalization;
using System.Text;
using Google.Protobuf;

namespace Monitor.Server;

/// <summary>JSON as REST answers it, on one line. Transcoding keeps its own writer to itself; a test compares the two.</summary>
internal static class EventJson
{
    private static readonly JsonFormatter Formatter = new(JsonFormatter.Settings.Default.WithFormatDefaultValues(true));

    /// <summary>Writes a message.</summary>
    public static void Write(IMessage message, CharBuffer output)
    {
        using var writer = new BufferWriter(output);
        Formatter.Format(message, writer);
    }

    /// <summary>A message as text.</summary>
    public static string Of(IMessage message) => Formatter.Format(message);

    private sealed class BufferWriter(CharBuffer output) : TextWriter(CultureInfo.InvariantCulture)
    {
        public override Encoding Encoding => Encoding.Unicode;

        public override void Write(char value) => output.Write(new ReadOnlySpan<char>(in value));

        public override void Write(ReadOnlySpan<char> buffer) => output.Write(buffer);

        public override void Write(string? value) => output.Write(value);
    }
}
