using System.Text;
using Microsoft.AspNetCore.Grpc.JsonTranscoding.Json.Formats;
using Microsoft.AspNetCore.Grpc.JsonTranscoding.Schema;
using Microsoft.AspNetCore.Grpc.JsonTranscoding.Wire;

namespace Microsoft.AspNetCore.Grpc.JsonTranscoding.Binding;

/// <summary>
/// Adds the values of parameters, of the path and the query, to the encoding of a request. Appending is enough: what
/// comes later sets a scalar again, continues a list and merges into a message.
/// </summary>
internal sealed class ParameterWriter(ByteBuffer output)
{
    // What was set, by canonical path; a oneof by the path of its message and its own name.
    private readonly Dictionary<string, string> _set = new(StringComparer.Ordinal);

    /// <summary>Notes a field that the body sets, for the fields that it excludes.</summary>
    public void Note(FieldSchema bodyField)
    {
        if (bodyField.Oneof >= 0)
        {
            _set[$"/{bodyField.Oneof}"] = bodyField.Descriptor.Name;
        }
    }

    /// <summary>Appends one value of a field.</summary>
    /// <exception cref="BadRequestException">The value is not one of the field's, or excludes one set before.</exception>
    public void Write(FieldPath path, string value)
    {
        if (ParameterShape.ProblemOf(path) is { } problem)
        {
            throw new BadRequestException(problem);
        }

        CheckRepetition(path);
        CheckOneofs(path);

        Span<int> starts = stackalloc int[path.Fields.Length];
        for (var i = 0; i < path.Fields.Length - 1; i++)
        {
            output.WriteTag(path.Fields[i].Number, WireType.Delimited);
            starts[i] = output.BeginDelimited();
        }

        var leaf = path.Leaf;
        output.WriteTag(leaf.Number, leaf.WireType);
        if (leaf.Message is null)
        {
            WriteScalar(path.Name, leaf, value);
        }
        else
        {
            var start = output.BeginDelimited();
            WriteWellKnown(path.Name, leaf.Message, value);
            output.EndDelimited(start);
        }

        for (var i = path.Fields.Length - 2; i >= 0; i--)
        {
            output.EndDelimited(starts[i]);
        }
    }

    private void CheckRepetition(FieldPath path)
    {
        if (!path.Leaf.IsRepeated && !_set.TryAdd(path.Canonical, path.Name))
        {
            throw new BadRequestException($"{path.Name} is given more than once, but takes one value.");
        }
    }

    private void CheckOneofs(FieldPath path)
    {
        for (var i = 0; i < path.Fields.Length; i++)
        {
            if (path.Fields[i].Oneof < 0)
            {
                continue;
            }

            var oneof = $"{path.Prefix(i)}/{path.Fields[i].Oneof}";
            var member = path.Prefix(i + 1);
            if (!_set.TryAdd(oneof, member) && _set[oneof] != member)
            {
                throw new BadRequestException($"{path.Name} excludes {_set[oneof]}: only one of them can be set.");
            }
        }
    }

    private void WriteScalar(string name, FieldSchema field, string value)
    {
        if (!ScalarText.TryWrite(field, value, output))
        {
            throw BadRequestException.For(name, value, ScalarText.Expected(field));
        }
    }

    private void WriteWellKnown(string name, MessageSchema message, string value)
    {
        switch (message.WellKnown)
        {
            case WellKnownType.Wrapper:
                output.WriteTag(message.Fields[0].Number, message.Fields[0].WireType);
                WriteScalar(name, message.Fields[0], value);
                break;
            case WellKnownType.Timestamp:
                // The + of an offset that the client did not escape arrives as a space.
                var text = value.Length > 6 && value[^6] == ' ' ? $"{value[..^6]}+{value[^5..]}" : value;
                if (!TimestampFormat.TryParse(text, out var seconds, out var nanos))
                {
                    throw BadRequestException.For(name, value, TimestampFormat.Expected);
                }

                output.WriteSecondsAndNanos(seconds, nanos);
                break;
            case WellKnownType.Duration:
                if (!DurationFormat.TryParse(value, out seconds, out nanos))
                {
                    throw BadRequestException.For(name, value, DurationFormat.Expected);
                }

                output.WriteSecondsAndNanos(seconds, nanos);
                break;
            default:
                WriteFieldMask(name, value);
                break;
        }
    }

    private void WriteFieldMask(string name, string value)
    {
        foreach (var part in value.Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            var path = FieldMaskFormat.FromJson(part, allowSnakeCase: true)
                ?? throw BadRequestException.For(name, value, FieldMaskFormat.Expected);
            output.WriteTag(1, WireType.Delimited);
            output.WriteDelimited(Encoding.UTF8.GetBytes(path));
        }
    }
}
