using System.Text;
using Monitor.Fuzz.Inputs;
using Monitor.Fuzz.Running;
using Monitor.Server;

namespace Monitor.Fuzz.Parsers;

/// <summary>Lists of readers: read, or refused with a reason.</summary>
internal sealed class ReadersCase : ParserCase
{
    private static readonly byte[] Whole = Encoding.UTF8.GetBytes(
        $$"""{"readers": [{"name": "a", "role": "events", "token_sha256": "{{new string('a', 64)}}", "namespaces": ["x"]}, {"name": "b", "role": "status", "certificate": "b.example"}]}""");

    public override string Name => "readers";

    public override int ShortInputs => 10_000;

    public override byte[] Make(Random random) => Damage.Of(Whole, random);

    protected override string Parse(byte[] input)
    {
        try
        {
            var readers = ReadersFile.Parse("readers", input);
            _ = readers.FindByToken("x");
            _ = readers.FindByCertificate(["b.example"]);
            return "read";
        }
        catch (AccessException refused) when (refused.Message.StartsWith("readers", StringComparison.Ordinal))
        {
            return "refused";
        }
    }
}
