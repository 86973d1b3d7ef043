using Monitor.Agent.Encoding;
using Monitor.Protocol;
using Monitor.V1;

namespace Monitor.Agent.Dns;

/// <summary>
/// Writes a DnsDetail out of the messages, which may be anything: what is sure is told, and that there was more. Tells the
/// encoder the addresses that a server gave for the name, and whether it did not give what was asked for.
/// </summary>
/// <param name="buffer">At least <see cref="MaxDetailBytes"/>.</param>
/// <param name="encoder">Its event has its process and destination already.</param>
internal ref struct DnsDetailWriter(Span<byte> buffer, EventEncoder encoder)
{
    /// <summary>Most bytes of a detail: a name of 1003, answers of 896 with 3 bytes more for each, and 100 of the rest.</summary>
    public const int MaxDetailBytes = 2048;

    // Answers that are listed, and bytes of their texts.
    private const int MaxAnswers = 16, MaxAnswerBytes = 896;

    private readonly EventEncoder _encoder = encoder;
    private WireWriter _writer = new(buffer);
    private bool _isIncomplete;
    private ReadOnlySpan<byte> _name;
    private ushort _type;
    private ReadOnlySpan<byte> _code;

    /// <summary>The detail so far.</summary>
    public readonly ReadOnlySpan<byte> Written => _writer.Written;

    /// <summary>Writes what was asked.</summary>
    /// <param name="question">The message from its header on, as far as it was kept.</param>
    /// <param name="transactionId">Its number.</param>
    public void WriteQuestion(ReadOnlySpan<byte> question, ushort transactionId)
    {
        _writer.Varint(DnsDetail.TransactionIdFieldNumber, transactionId);
        Span<byte> name = stackalloc byte[DnsName.MaxTextBytes];
        var reader = new DnsReader(question);
        if (reader.QuestionCount == 0 || !reader.TryReadQuestion(name, out var length, out _type))
        {
            _isIncomplete = true;
            return;
        }

        // From where it stays.
        _writer.Bytes(DnsDetail.NameFieldNumber, name[..length]);
        _name = _writer.Written[^length..];
        Span<byte> scratch = stackalloc byte[DnsTypes.MaxNameBytes];
        _writer.Bytes(DnsDetail.QueryTypeFieldNumber, DnsTypes.TypeName(_type, scratch));
    }

    /// <summary>Writes what was answered. After the question.</summary>
    /// <param name="answer">The message from its header on; perhaps nothing of it.</param>
    /// <param name="isCut">Whether there is more of it than this.</param>
    public void WriteAnswer(ReadOnlySpan<byte> answer, bool isCut)
    {
        if (answer.Length < DnsReader.HeaderBytes)
        {
            _isIncomplete = true;
            return;
        }

        var reader = new DnsReader(answer);
        var isWhole = TryReadQuestions(ref reader);
        var code = reader.ResponseCode;
        _writer.Varint(DnsDetail.AnswerCountFieldNumber, (uint)reader.AnswerCount);
        if (reader.IsTruncated)
        {
            _writer.Varint(DnsDetail.TruncatedFieldNumber, 1);
        }

        isWhole = isWhole && TryReadAnswers(ref reader, answer) && TryReadOthers(ref reader, ref code);
        _isIncomplete |= !isWhole || isCut;
        Span<byte> scratch = stackalloc byte[DnsTypes.MaxNameBytes];
        var name = DnsTypes.CodeName((ushort)code, scratch);
        _writer.Bytes(DnsDetail.ResponseCodeFieldNumber, name);
        _code = _writer.Written[^name.Length..];
    }

    /// <summary>Writes the rest.</summary>
    public void End(DnsDetail.Types.Outcome outcome, long latencyNanos)
    {
        _writer.Varint(DnsDetail.OutcomeFieldNumber, (uint)outcome);
        _writer.SecondsAndNanos(DnsDetail.LatencyFieldNumber, latencyNanos);
        if (_isIncomplete)
        {
            _writer.Varint(DnsDetail.IncompleteFieldNumber, 1);
        }

        if (outcome.IsFailure(_code))
        {
            _encoder.SetFailed();
        }
    }

    // Servers repeat the question, or leave it out where they could not read it. What answers another is no answer to ours.
    private readonly bool TryReadQuestions(ref DnsReader reader)
    {
        Span<byte> name = stackalloc byte[DnsName.MaxTextBytes];
        return reader.QuestionCount == 0
            || (reader.QuestionCount == 1
                && reader.TryReadQuestion(name, out var length, out var type)
                && type == _type
                && DnsName.AreEqual(name[..length], _name));
    }

    private bool TryReadAnswers(ref DnsReader reader, ReadOnlySpan<byte> answer)
    {
        Span<byte> text = stackalloc byte[DnsAnswer.MaxTextBytes];
        Span<byte> address = stackalloc byte[16];
        var isWhole = true;
        var left = MaxAnswerBytes;
        for (var i = 0; i < reader.AnswerCount; i++)
        {
            // The owner's name is read into the text and not needed: what belongs together a server puts together.
            if (!reader.TryReadRecord(text, out var record))
            {
                return false;
            }

            if (reader.ResponseCode == 0 && _type is DnsTypes.A or DnsTypes.Aaaa or DnsTypes.Any
                && record.TryGetAddress(answer, address))
            {
                _encoder.LearnName(address, _name, record.Lifetime);
            }

            if (i >= MaxAnswers)
            {
                continue;
            }

            isWhole &= DnsAnswer.TryFormat(answer, record, _encoder.Privacy, text, out var length);
            isWhole &= length <= left;
            if (length > 0 && length <= left)
            {
                left -= length;
                _writer.Bytes(DnsDetail.AnswersFieldNumber, text[..length]);
            }
        }

        return isWhole;
    }

    // Where an OPT record has the rest of the response code (RFC 6891, section 6.1.3).
    private static bool TryReadOthers(ref DnsReader reader, ref int code)
    {
        Span<byte> scratch = stackalloc byte[DnsName.MaxTextBytes];
        for (var i = 0; i < reader.OtherCount; i++)
        {
            if (!reader.TryReadRecord(scratch, out var record))
            {
                return false;
            }

            if (record.Type == DnsTypes.Opt)
            {
                code |= (int)(record.TimeToLive >> 24) << 4;
            }
        }

        return true;
    }
}
