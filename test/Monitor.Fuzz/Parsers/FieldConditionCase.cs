using System.Text;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Monitor.Events;
using Monitor.Fuzz.Inputs;
using Monitor.Fuzz.Running;
using Monitor.V1;

namespace Monitor.Fuzz.Parsers;

/// <summary>
/// Conditions on fields of the user's own monitors, and details of events that they are tried on: refused, or a condition that
/// holds its text whole, and is not met together with its opposite.
/// </summary>
internal sealed class FieldConditionCase : ParserCase
{
    // Between the text and the detail; no letter of a condition.
    private const byte Separator = 0;

    private static readonly string[] Names = ["latency", "path", "ports", "ready", "started", "offset", "process.pid", "Grün"];
    private static readonly string[] Operators = ["=", "!=", "<", "<=", ">", ">=", "==", "=!"];

    private static readonly string[] Values =
    [
        "1ms", "250us", "1.5s", "-3h", "79228162514264337593543950335ns", "0", "-5", "18446744073709551615",
        "340282366920938463463374607431768211456", "true", "false", "/etc/*", "*", "", "2026-01-01T00:00:00Z", "9999-12-31", "ENOENT",
    ];

    private static readonly byte[] Detail = new CustomDetail
    {
        Failed = true,
        Fields =
        {
            ["latency"] = new CustomValue { Duration = new Duration { Seconds = 2, Nanos = 7 } },
            ["path"] = new CustomValue { Text = "/etc/passwd" },
            ["ports"] = new CustomValue { List = new CustomList { Values = { new CustomValue { Number = 80 }, new CustomValue { Number = 443 } } } },
            ["ready"] = new CustomValue { Flag = true },
            ["started"] = new CustomValue { Time = new Timestamp { Seconds = 1_767_225_600 } },
            ["offset"] = new CustomValue { Integer = -5 },
        },
    }.ToByteArray();

    public override string Name => "conditions";

    public override int ShortInputs => 20_000;

    public override byte[] Make(Random random)
    {
        var text = Encoding.UTF8.GetBytes(
            Names[random.Next(Names.Length)] + Operators[random.Next(Operators.Length)] + Values[random.Next(Values.Length)]);
        return
        [
            .. random.Next(2) == 0 ? text : Damage.Of(text, random, most: 2), Separator,
            .. random.Next(2) == 0 ? Detail : Damage.Of(Detail, random, most: 3),
        ];
    }

    protected override string Parse(byte[] input)
    {
        var at = input.AsSpan().IndexOf(Separator);
        var text = Encoding.UTF8.GetString(at < 0 ? input : input[..at]);
        var detail = at < 0 ? [] : input.AsSpan(at + 1);
        FieldCondition condition;
        try
        {
            condition = FieldCondition.Read([text])[0];
        }
        catch (FilterException refused) when (refused.Field.Length > 0)
        {
            return "refused";
        }

        if (condition.Name + condition.Operator + condition.Value != text)
        {
            throw new FuzzException("it is not the text that was read", text, $"{condition.Name} {condition.Operator} {condition.Value}");
        }

        var isMet = condition.Matches(detail);
        if (condition.IsEquality && isMet)
        {
            var opposite = FieldCondition.Read([condition.Name + (condition.Operator == "=" ? "!=" : "=") + condition.Value])[0];
            if (opposite.Operator != condition.Operator && opposite.Value == condition.Value && opposite.Matches(detail))
            {
                throw new FuzzException("it is met together with its opposite", text, Convert.ToHexString(detail));
            }
        }

        return isMet ? "met" : "not met";
    }
}
