using Google.Protobuf.Reflection;

namespace Microsoft.AspNetCore.Grpc.JsonTranscoding.Schema;

/// <summary>Messages that the protobuf JSON mapping treats in their own way.</summary>
internal enum WellKnownType
{
    /// <summary>An ordinary message: a JSON object of its fields.</summary>
    None,
    Any,
    Duration,
    FieldMask,
    ListValue,
    Struct,
    Timestamp,
    Value,

    /// <summary>One of the messages of wrappers.proto: the JSON of the value that it holds, or null.</summary>
    Wrapper,
}

/// <summary>Tells well-known types by their full names.</summary>
internal static class WellKnownTypes
{
    /// <summary>What JSON holds instead of fields inside an Any: google.protobuf.Empty is one of them there only.</summary>
    public static bool IsValueInAny(this MessageSchema schema) =>
        schema.WellKnown != WellKnownType.None || schema.Descriptor.FullName == "google.protobuf.Empty";

    public static WellKnownType Of(MessageDescriptor descriptor) => descriptor.FullName switch
    {
        "google.protobuf.Any" => WellKnownType.Any,
        "google.protobuf.Duration" => WellKnownType.Duration,
        "google.protobuf.FieldMask" => WellKnownType.FieldMask,
        "google.protobuf.ListValue" => WellKnownType.ListValue,
        "google.protobuf.Struct" => WellKnownType.Struct,
        "google.protobuf.Timestamp" => WellKnownType.Timestamp,
        "google.protobuf.Value" => WellKnownType.Value,
        "google.protobuf.BoolValue" or "google.protobuf.BytesValue" or "google.protobuf.DoubleValue"
            or "google.protobuf.FloatValue" or "google.protobuf.Int32Value" or "google.protobuf.Int64Value"
            or "google.protobuf.StringValue" or "google.protobuf.UInt32Value" or "google.protobuf.UInt64Value"
            => WellKnownType.Wrapper,
        _ => WellKnownType.None,
    };
}
