# Fails where FILE has more than LIMIT bytes.
file(SIZE "${FILE}" size)
message("${size} bytes")
if(size GREATER LIMIT)
    message(FATAL_ERROR "${FILE} has ${size} bytes, more than ${LIMIT}")
endif()
