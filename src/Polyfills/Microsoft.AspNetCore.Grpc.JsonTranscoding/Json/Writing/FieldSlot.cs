namespace Microsoft.AspNetCore.Grpc.JsonTranscoding.Json.Writing;

/// <summary>Where a field is in the bytes of a message.</summary>
internal struct FieldSlot
{
    /// <summary>
    /// Of a singular scalar, where its last value begins; of a list, a map or a message, where its first tag begins.
    /// </summary>
    public int Position;

    /// <summary>How many records the field has; 0 where it is unset.</summary>
    public int Count;
}
