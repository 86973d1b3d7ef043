using System.Buffers;
using System.Text;
using Monitor.V1;

namespace Monitor.Server;

/// <summary>A line of JSON for each event, and one with <c>loss</c> for each loss.</summary>
internal sealed class NdjsonWriter(Stream output) : IExportWriter
{
    private readonly CharBuffer _lines = new();

    public void Add(Event added)
    {
        EventJson.Write(added, _lines);
        _lines.Write("\n");
    }

    public void Add(Loss loss)
    {
        _lines.Write("{\"loss\": ");
        EventJson.Write(loss, _lines);
        _lines.Write("}\n");
    }

    public async ValueTask FlushAsync(CancellationToken cancellationToken)
    {
        var bytes = ArrayPool<byte>.Shared.Rent(Encoding.UTF8.GetMaxByteCount(_lines.Length));
        try
        {
            var length = Encoding.UTF8.GetBytes(_lines.Written.Span, bytes);
            _lines.Clear();
            await output.WriteAsync(bytes.AsMemory(0, length), cancellationToken);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bytes);
        }
    }

    public async ValueTask CompleteAsync(CancellationToken cancellationToken)
    {
        await FlushAsync(cancellationToken);
        await output.FlushAsync(cancellationToken);
    }
}
