using System.Collections.ObjectModel;
using System.Globalization;
using System.Text.Json.Nodes;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;
using Monitor.Server.Tests.Support;
using Monitor.V1;

namespace Monitor.Server.Tests.Exporting;

/// <summary>Events of every kind, with every field and without.</summary>
internal static class Everything
{
    private static readonly IReadOnlyList<FieldDescriptor> Details =
        [.. Event.Descriptor.FindFieldByName("connection").ContainingOneof.Fields.Where(field => field.Name != "custom")];

    /// <summary>How many there are.</summary>
    public static int Count => Details.Count * 2 + 5;

    public static void Append(EventSource source)
    {
        source.Append(2);
        foreach (var detail in Details)
        {
            source.Append(1, detail.Name, made => detail.Accessor.SetValue(made, detail.MessageType.Parser.ParseFrom([])));
            source.Append(1, detail.Name, made =>
            {
                Fill(made);
                var message = detail.MessageType.Parser.ParseFrom([]);
                Fill(message);
                detail.Accessor.SetValue(made, message);
            });
        }

        source.Append(1, change: made => made.Connection = new ConnectionDetail
        {
            Outcome = (ConnectionDetail.Types.Outcome)99,
            ReturnCode = -111,
            Error = "ECONNREFUSED",
            HandshakeTime = Duration.FromTimeSpan(TimeSpan.FromMilliseconds(1.5)),
        });
        source.Append(1, "close", made => made.Close = new CloseDetail { BytesSent = 123_456_789_000, Cause = CloseDetail.Types.Cause.LocalReset });
        source.Append(1, "opens", made => made.Custom = new CustomDetail
        {
            Failed = true,
            Fields =
            {
                ["path"] = new CustomValue { Text = "/etc/\"passwd\"\n\u00e4" },
                ["numbers"] = new CustomValue { List = new CustomList { Values = { new CustomValue { Number = ulong.MaxValue }, new CustomValue { Integer = -1 } } } },
                ["took"] = new CustomValue { Duration = Duration.FromTimeSpan(TimeSpan.FromMicroseconds(1)) },
                ["at"] = new CustomValue { Time = new Timestamp { Seconds = 1, Nanos = 1 } },
            },
        });
    }

    /// <summary>Compares each column of a row with the JSON of its event.</summary>
    public static void AssertColumns(ReadOnlyDictionary<string, object?> row, JsonObject one)
    {
        var detail = one.Select(field => field.Value).OfType<JsonObject>().SingleOrDefault();
        foreach (var (name, value) in row)
        {
            var isSeconds = name.EndsWith("_seconds", StringComparison.Ordinal);
            var json = name is "event" or "failed" or "loss" or "loss_count" ? null
                : ParquetColumns.DetailFields.Contains(isSeconds ? name[..^"_seconds".Length] : name) ? detail?[isSeconds ? name[..^"_seconds".Length] : name]
                : one[name];
            if (name is "event" or "failed")
            {
                Assert.That(value, Is.Not.Null);
            }
            else if (json is null)
            {
                Assert.That(value, Is.Null, name);
            }
            else if (value is DateTime time)
            {
                Assert.That(time.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff", CultureInfo.InvariantCulture), Is.EqualTo(json.GetValue<string>().TrimEnd('Z').PadRight(26, '0')[..26].Replace("Z", ".", StringComparison.Ordinal)), name);
            }
            else if (value is double seconds)
            {
                Assert.That(seconds, Is.EqualTo(double.Parse(json.GetValue<string>().TrimEnd('s'), CultureInfo.InvariantCulture)), name);
            }
            else
            {
                Assert.That(Convert.ToString(value, CultureInfo.InvariantCulture), Is.EqualTo(json.ToString()), name);
            }
        }
    }

    // A value that is not the default, of every field that is no message but a duration, and is not set.
    private static void Fill(IMessage message)
    {
        foreach (var field in message.Descriptor.Fields.InDeclarationOrder().Where(field => field.ContainingOneof is not { IsSynthetic: false }))
        {
            object? value = field.FieldType switch
            {
                _ when field.IsRepeated || message is Event && field.HasPresence && field.Accessor.HasValue(message) => null,
                FieldType.String when message is Event && field.Name is "id" or "type" or "node_name" => null,
                FieldType.String => field.Name + " \u00e9",
                FieldType.Bool => true,
                FieldType.UInt32 => (uint)field.FieldNumber,
                FieldType.Int32 => -field.FieldNumber,
                FieldType.UInt64 when field.Name is "sequence" or "timestamp" => null,
                FieldType.UInt64 => (ulong)field.FieldNumber,
                FieldType.Enum => field.EnumType.Values[^1].Number,
                FieldType.Message when field.MessageType.FullName == Duration.Descriptor.FullName => new Duration { Seconds = 3, Nanos = field.FieldNumber },
                _ => null,
            };
            if (value is not null)
            {
                field.Accessor.SetValue(message, value);
            }
        }
    }
}
