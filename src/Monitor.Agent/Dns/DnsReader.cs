using System.Buffers.Binary;

namespace Monitor.Agent.Dns;

/// <summary>
/// Reads a message of DNS from its header on, one question or record after the other (RFC 1035, section 4). The message may
/// be anything, and may be cut short.
/// </summary>
/// <param name="message">At least <see cref="HeaderBytes"/>.</param>
internal ref struct DnsReader(ReadOnlySpan<byte> message)
{
    public const int HeaderBytes = 12;

    private const byte TruncatedBit = 2;

    // Type and class behind the name of a question; of a record also the time to live and the length of its data.
    private const int QuestionTailBytes = 4, RecordTailBytes = 10;

    private readonly ReadOnlySpan<byte> _message = message;
    private int _offset = HeaderBytes;

    /// <summary>Whether the server cut the message short.</summary>
    public readonly bool IsTruncated => (_message[2] & TruncatedBit) != 0;

    /// <summary>The response code, without what an OPT record adds to it.</summary>
    public readonly int ResponseCode => _message[3] & 15;

    /// <summary>How many questions the message says it has.</summary>
    public readonly int QuestionCount => Number(4);

    /// <summary>How many answers it says it has.</summary>
    public readonly int AnswerCount => Number(6);

    /// <summary>How many records it says it has behind the answers.</summary>
    public readonly int OtherCount => Number(8) + Number(10);

    /// <summary>Reads a question.</summary>
    /// <param name="name">At least <see cref="DnsName.MaxTextBytes"/>; the name as text.</param>
    /// <param name="length">Bytes of the name.</param>
    /// <param name="type">Type of the records that are asked for.</param>
    /// <returns>False where it is malformed or cut short.</returns>
    public bool TryReadQuestion(scoped Span<byte> name, out int length, out ushort type)
    {
        type = 0;
        if (!DnsName.TryRead(_message, ref _offset, name, out length) || _offset + QuestionTailBytes > _message.Length)
        {
            return false;
        }

        type = Number(_offset);
        _offset += QuestionTailBytes;
        return true;
    }

    /// <summary>Reads a record.</summary>
    /// <param name="scratch">At least <see cref="DnsName.MaxTextBytes"/>.</param>
    /// <param name="record">The record.</param>
    /// <returns>False where it is malformed or cut short.</returns>
    public bool TryReadRecord(scoped Span<byte> scratch, out DnsResource record)
    {
        record = default;
        if (!DnsName.TryRead(_message, ref _offset, scratch, out _) || _offset + RecordTailBytes > _message.Length)
        {
            return false;
        }

        var data = _offset + RecordTailBytes;
        var length = Number(_offset + 8);
        if (data + length > _message.Length)
        {
            return false;
        }

        record = new DnsResource(
            Number(_offset), Number(_offset + 2), BinaryPrimitives.ReadUInt32BigEndian(_message[(_offset + 4)..]), data, length);
        _offset = data + length;
        return true;
    }

    private readonly ushort Number(int at) => BinaryPrimitives.ReadUInt16BigEndian(_message[at..]);
}
