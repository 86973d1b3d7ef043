using System.Collections;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;
using JsonTranscoding.Tests.Protos;

namespace JsonTranscoding.Tests.Json;

/// <summary>Makes messages of any type with random fields, all of which the JSON mapping can express.</summary>
internal sealed class RandomMessage(int seed)
{
    private const int MaxDepth = 4;

    private readonly Random _random = new(seed);

    public T Create<T>()
        where T : IMessage, new()
    {
        var message = new T();
        Fill(message, 0);
        return message;
    }

    private void Fill(IMessage message, int depth)
    {
        foreach (var field in message.Descriptor.Fields.InFieldNumberOrder())
        {
            if (_random.Next(3) == 0 || (field.FieldType == FieldType.Message && !field.IsMap && depth >= MaxDepth))
            {
                continue;
            }

            if (field.IsMap)
            {
                FillMap((IDictionary)field.Accessor.GetValue(message), field, depth);
            }
            else if (field.IsRepeated)
            {
                var list = (IList)field.Accessor.GetValue(message);
                for (var i = _random.Next(4); i > 0; i--)
                {
                    list.Add(Value(field, depth, isElement: true));
                }
            }
            else
            {
                field.Accessor.SetValue(message, Value(field, depth, isElement: false));
            }
        }
    }

    private void FillMap(IDictionary map, FieldDescriptor field, int depth)
    {
        var (key, value) = (field.MessageType.Fields.InFieldNumberOrder()[0], field.MessageType.Fields.InFieldNumberOrder()[1]);
        for (var i = _random.Next(4); i > 0; i--)
        {
            map[Value(key, depth, isElement: true)] = Value(value, depth, isElement: true);
        }
    }

    private object Value(FieldDescriptor field, int depth, bool isElement) => field.FieldType switch
    {
        FieldType.Bool => _random.Next(2) == 0,
        FieldType.Bytes => ByteString.CopyFrom(Bytes()),
        FieldType.Double => Double(),
        FieldType.Float => (float)Double(),
        FieldType.Enum => Enumeration(field.EnumType),
        FieldType.Int32 or FieldType.SInt32 or FieldType.SFixed32 => (int)Integer(),
        FieldType.UInt32 or FieldType.Fixed32 => (uint)Integer(),
        FieldType.Int64 or FieldType.SInt64 or FieldType.SFixed64 => Integer(),
        FieldType.UInt64 or FieldType.Fixed64 => (ulong)Integer(),
        FieldType.String => Text(),
        _ => Message(field, depth, isElement),
    };

    private object Message(FieldDescriptor field, int depth, bool isElement)
    {
        switch (field.MessageType.FullName)
        {
            case "google.protobuf.Timestamp":
                return new Timestamp { Seconds = _random.NextInt64(-62135596800, 253402300800), Nanos = Nanos() };
            case "google.protobuf.Duration":
                var sign = _random.Next(2) == 0 ? 1 : -1;
                return new Duration { Seconds = sign * _random.NextInt64(315576000000), Nanos = sign * Nanos() };
            case "google.protobuf.FieldMask":
                return new FieldMask { Paths = { "a", "some_field.inner_one", "x1" } };
            case "google.protobuf.Any":
                return _random.Next(2) == 0
                    ? Any.Pack(new Nested { Name = Text(), Number = (int)Integer() })
                    : Any.Pack(new Timestamp { Seconds = 1 });
            case "google.protobuf.Value":
                return DynamicValue(depth);
            case "google.protobuf.Struct":
                return Structure(depth);
            case "google.protobuf.ListValue":
                return new ListValue { Values = { DynamicValue(depth + 1), DynamicValue(depth + 1) } };
        }

        if (field.MessageType.File.Name == "google/protobuf/wrappers.proto")
        {
            // Generated code has the value itself, not the message.
            return Value(field.MessageType.FindFieldByName("value"), depth, isElement);
        }

        var message = (IMessage)Activator.CreateInstance(field.MessageType.ClrType)!;
        if (depth < MaxDepth)
        {
            Fill(message, depth + 1);
        }

        return message;
    }

    private Value DynamicValue(int depth) => _random.Next(depth < MaxDepth ? 6 : 4) switch
    {
        0 => Google.Protobuf.WellKnownTypes.Value.ForNull(),
        1 => Google.Protobuf.WellKnownTypes.Value.ForNumber(_random.Next(-1000, 1000) / 8.0),
        2 => Google.Protobuf.WellKnownTypes.Value.ForString(Text()),
        3 => Google.Protobuf.WellKnownTypes.Value.ForBool(true),
        4 => Google.Protobuf.WellKnownTypes.Value.ForStruct(Structure(depth + 1)),
        _ => Google.Protobuf.WellKnownTypes.Value.ForList(DynamicValue(depth + 1)),
    };

    private Struct Structure(int depth) => new() { Fields = { [$"k{Text()}"] = DynamicValue(depth + 1), ["fixed"] = DynamicValue(depth + 1) } };

    private object Enumeration(EnumDescriptor type)
    {
        if (type.FullName == "google.protobuf.NullValue")
        {
            return NullValue.NullValue;
        }

        var number = _random.Next(10) == 0 ? _random.Next(-100, 100) : type.Values[_random.Next(type.Values.Count)].Number;
        return System.Enum.ToObject(type.ClrType, number);
    }

    private int Nanos() => _random.Next(4) switch
    {
        0 => 0,
        1 => _random.Next(1000) * 1_000_000,
        2 => _random.Next(1_000_000) * 1_000,
        _ => _random.Next(1_000_000_000),
    };

    private long Integer() => _random.Next(4) switch
    {
        0 => 0,
        1 => _random.Next(-200, 200),
        2 => _random.NextInt64(long.MinValue, long.MaxValue),
        _ => _random.Next(2) == 0 ? long.MaxValue : long.MinValue,
    };

    private double Double() => _random.Next(6) switch
    {
        0 => 0,
        1 => double.NaN,
        2 => double.PositiveInfinity,
        3 => double.NegativeInfinity,
        4 => (_random.NextDouble() - 0.5) * Math.Pow(10, _random.Next(-30, 30)),
        _ => _random.Next(-1000, 1000),
    };

    private byte[] Bytes()
    {
        var bytes = new byte[_random.Next(20)];
        _random.NextBytes(bytes);
        return bytes;
    }

    private string Text()
    {
        string[] pieces = ["", "a", "plain text", "\"", "\\", "\n\t\0\u001f", "é", "€", "😀", "\u007f", "\u2028", "</script>", "snake_case"];
        return string.Concat(Enumerable.Range(0, _random.Next(5)).Select(_ => pieces[_random.Next(pieces.Length)]));
    }
}
