using System.Text;
using Google.Protobuf.Reflection;
using Monitor.Fuzz.Inputs;
using Monitor.Fuzz.Running;
using Monitor.Server;
using Monitor.V1;

namespace Monitor.Fuzz.Parsers;

/// <summary>Bodies of REST requests, which are JSON: refused with words, or read as a request.</summary>
internal sealed class JsonBodyCase : ParserCase
{
    private static readonly MessageDescriptor[] Requests = [.. EventService.Descriptor.Methods.Select(method => method.InputType)];

    public override string Name => "json-bodies";

    public override int ShortInputs => 20_000;

    // First which request it is of.
    public override byte[] Make(Random random) =>
        [(byte)random.Next(Requests.Length), .. Damage.Of(Encoding.Latin1.GetBytes(new RandomRequests(random, []).Json()), random, most: 3)];

    protected override string Parse(byte[] input)
    {
        var request = Requests[input.Length == 0 ? 0 : input[0] % Requests.Length];
        var body = input.AsSpan(Math.Min(1, input.Length));
        if (JsonBodyCheck.Check(body, request) is (_, var problem))
        {
            return problem.Length > 0 ? "refused" : throw new FuzzException("refused without a word", Encoding.Latin1.GetString(input));
        }

        return "accepted";
    }
}
