using System.Collections.Concurrent;
using Google.Protobuf.Reflection;

namespace Microsoft.AspNetCore.Grpc.JsonTranscoding.Schema;

/// <summary>The schemas of all message types that were met, for one set of options. Thread-safe.</summary>
internal sealed class SchemaCache(GrpcJsonTranscodingOptions options)
{
    // By descriptor, not by name: Google.Protobuf allows two types of one name in two assemblies.
    private readonly ConcurrentDictionary<MessageDescriptor, MessageSchema> _messages = new();
    private readonly Dictionary<EnumDescriptor, EnumSchema> _enums = [];
    private readonly Lock _building = new();

    public GrpcJsonSettings Settings { get; } = options.JsonSettings;

    /// <summary>The schema of a message type. Built, with those of all messages in it, when first asked for.</summary>
    /// <exception cref="NotSupportedException">The message, or one in it, has a group: JSON has no form for it.</exception>
    public MessageSchema Get(MessageDescriptor descriptor)
    {
        if (_messages.TryGetValue(descriptor, out var schema))
        {
            return schema;
        }

        lock (_building)
        {
            var built = new Dictionary<MessageDescriptor, MessageSchema>();
            schema = Build(descriptor, built);
            // Published together, so that no thread sees a message whose own messages are not complete.
            foreach (var (key, value) in built)
            {
                _messages.TryAdd(key, value);
            }

            return schema;
        }
    }

    /// <summary>The schema of a type in an Any, by the options' type registry; null where that does not have it.</summary>
    public MessageSchema? Find(string fullName)
    {
        var descriptor = options.TypeRegistry.Find(fullName) ?? ErrorDetails.Find(fullName);
        return descriptor is null ? null : Get(descriptor);
    }

    private MessageSchema Build(MessageDescriptor descriptor, Dictionary<MessageDescriptor, MessageSchema> built)
    {
        if (_messages.TryGetValue(descriptor, out var known) || built.TryGetValue(descriptor, out known))
        {
            return known;
        }

        var schema = new MessageSchema(descriptor);
        built.Add(descriptor, schema);
        var oneofs = new Dictionary<OneofDescriptor, int>();
        var fields = new List<FieldSchema>();
        foreach (var field in descriptor.Fields.InFieldNumberOrder())
        {
            // The descriptor gives a group the type of a message; only what it was made from tells them apart.
            if (field.ToProto().Type == FieldDescriptorProto.Types.Type.Group)
            {
                throw new NotSupportedException($"{field.FullName} is a group, which the protobuf JSON mapping does not know.");
            }

            var oneof = -1;
            if (field.RealContainingOneof is { } containing && !oneofs.TryGetValue(containing, out oneof))
            {
                oneofs.Add(containing, oneof = oneofs.Count);
            }

            var message = field.FieldType == FieldType.Message ? Build(field.MessageType, built) : null;
            var names = field.FieldType == FieldType.Enum ? EnumOf(field.EnumType) : null;
            fields.Add(new FieldSchema(field, fields.Count, oneof, message, names, DefaultJson(field, names)));
        }

        schema.Complete([.. fields], oneofs.Count, Settings.PropertyNameCaseInsensitive);
        return schema;
    }

    private EnumSchema EnumOf(EnumDescriptor descriptor)
    {
        if (!_enums.TryGetValue(descriptor, out var schema))
        {
            _enums.Add(descriptor, schema = new EnumSchema(descriptor, Settings.RemoveEnumPrefix));
        }

        return schema;
    }

    private byte[] DefaultJson(FieldDescriptor field, EnumSchema? names)
    {
        if (field.IsMap)
        {
            return "{}"u8.ToArray();
        }

        if (field.IsRepeated)
        {
            return "[]"u8.ToArray();
        }

        switch (field.FieldType)
        {
            case FieldType.Message:
                return "null"u8.ToArray();
            case FieldType.Bool:
                return "false"u8.ToArray();
            case FieldType.String or FieldType.Bytes:
                return "\"\""u8.ToArray();
            case FieldType.Int64 or FieldType.UInt64 or FieldType.SInt64 or FieldType.Fixed64 or FieldType.SFixed64
                when Settings.WriteInt64sAsStrings:
                return "\"0\""u8.ToArray();
            case FieldType.Enum when names!.IsNullValue || !Settings.WriteEnumsAsIntegers:
                return names!.JsonOf(0) ?? "0"u8.ToArray();
            default:
                return "0"u8.ToArray();
        }
    }
}
