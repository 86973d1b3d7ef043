using System.Text;
using Monitor.Events;
using Monitor.Fuzz.Inputs;
using Monitor.Fuzz.Running;
using Monitor.Protocol;

namespace Monitor.Fuzz.Parsers;

/// <summary>Tokens of streams and of pages that were right once: refused, or read as what is written again as a token.</summary>
internal sealed class TokenCase : ParserCase
{
    public override string Name => "tokens";

    public override int ShortInputs => 50_000;

    public override byte[] Make(Random random)
    {
        var token = random.Next(3) == 0
            ? new PageToken { Epoch = (ulong)random.NextInt64(), Filter = 1, Snapshot = random.Next(1000) + 1000, Time = random.NextInt64(), Position = random.Next(1000) }.ToString()
            : new ResumeToken((ulong)random.NextInt64(), (ulong)random.Next(1000), (ulong)random.Next(1000), [(ulong)random.Next(9)]).ToString();
        return Damage.Of(Encoding.Latin1.GetBytes(token), random);
    }

    protected override string Parse(byte[] input)
    {
        var text = Encoding.Latin1.GetString(input);
        if (ResumeToken.TryParse(text, out var token))
        {
            return ResumeToken.TryParse(token.ToString(), out var again) && again.ToString() == token.ToString()
                ? "stream"
                : throw new FuzzException("it is not read as it was written", text, token.ToString());
        }

        if (PageToken.TryParse(text, out var page))
        {
            return PageToken.TryParse(page.ToString(), out var again) && again == page
                ? "page"
                : throw new FuzzException("it is not read as it was written", text, page.ToString());
        }

        return "refused";
    }
}
