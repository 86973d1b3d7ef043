using System.Buffers;
using System.IO.Pipelines;

namespace Monitor.ClickHouse.Reading;

/// <summary>Reads rows of (time, epoch, sequence, event) in ClickHouse's format RowBinary, as they come.</summary>
internal sealed class RowReader(Stream rows)
{
    private readonly PipeReader _pipe = PipeReader.Create(rows);

    /// <summary>The next row; null at the end.</summary>
    /// <exception cref="InvalidDataException">The answer ends within a row.</exception>
    public async ValueTask<(Server.EventKey Key, byte[] Encoded)?> ReadAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var read = await _pipe.ReadAsync(cancellationToken);
            if (TryParse(read.Buffer, out var row, out var end))
            {
                _pipe.AdvanceTo(end);
                return row;
            }

            _pipe.AdvanceTo(read.Buffer.Start, read.Buffer.End);
            if (read.IsCompleted)
            {
                return read.Buffer.IsEmpty ? null : throw new InvalidDataException("the answer was cut short");
            }
        }
    }

    private static bool TryParse(ReadOnlySequence<byte> bytes, out (Server.EventKey Key, byte[] Encoded) row, out SequencePosition end)
    {
        row = default;
        end = bytes.Start;
        var reader = new SequenceReader<byte>(bytes);
        if (!reader.TryReadLittleEndian(out long time) || !reader.TryReadLittleEndian(out long epoch) || !reader.TryReadLittleEndian(out long sequence)
            || !TryReadLength(ref reader, out var length) || reader.Remaining < length)
        {
            return false;
        }

        var encoded = reader.UnreadSequence.Slice(0, length);
        row = (new Server.EventKey(time, (ulong)epoch, (ulong)sequence), encoded.ToArray());
        end = encoded.End;
        return true;
    }

    private static bool TryReadLength(ref SequenceReader<byte> reader, out long length)
    {
        length = 0;
        for (var shift = 0; reader.TryRead(out var part); shift += 7)
        {
            // No event is near this.
            if (shift > 28)
            {
                throw new InvalidDataException("the answer is no list of events");
            }

            length |= (long)(part & 0x7f) << shift;
            if (part < 0x80)
            {
                return true;
            }
        }

        return false;
    }
}
