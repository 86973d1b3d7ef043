using System.Text;
using Monitor.Fuzz.Inputs;
using Monitor.Fuzz.Running;
using Monitor.Protocol;

namespace Monitor.Fuzz.Cases;

/// <summary>Resume tokens that were right once: refused, or read as what is written again as a token.</summary>
internal sealed class TokenCase : FuzzCase
{
    public override string Name => "tokens";

    public override int ShortInputs => 50_000;

    public override Task TryAsync(Random random, FuzzContext context)
    {
        var token = new ResumeToken((ulong)random.NextInt64(), (ulong)random.Next(1000), (ulong)random.Next(1000), [(ulong)random.Next(9)]).ToString();
        var text = Encoding.Latin1.GetString(Damage.Of(Encoding.Latin1.GetBytes(token), random));
        try
        {
            Try(text, context);
        }
        catch (FormatException thrown)
        {
            throw new FuzzException(thrown.Message, text);
        }

        return Task.CompletedTask;
    }

    private static void Try(string text, FuzzContext context)
    {
        var isRead = ResumeToken.TryParse(text, out var token);
        context.Count(isRead ? "read" : "refused");
        if (isRead && (!ResumeToken.TryParse(token!.ToString(), out var again) || again.ToString() != token.ToString()))
        {
            throw new FuzzException("it is not read as it was written", text, token.ToString());
        }
    }
}
